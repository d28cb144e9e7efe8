#!/bin/sh
# Lints everything: the sources, the imports, the links in Markdown files. The boundary rule reads nx's cached project
# graph and only warns when there is none, so the graph is made first. The references between the tsconfig files must
# follow the imports.
set -u
cd "$(dirname "$0")/../.." || exit 1
export NX_DAEMON=false NX_NO_CLOUD=true PATH="$PWD/node_modules/.bin:$PATH"
nx show projects >/dev/null || exit 1
status=0
eslint --max-warnings 0 "${@:-.}" || status=1
if [ $# = 0 ]; then
  depcruise --config tools/lint/import-cycles.mjs --output-type err-long packages tools >&2 || status=1
  remark --no-color --frail --quiet --no-stdout --no-config --use remark-validate-links=repository:false . >&2 || status=1
  nx sync:check >&2 || {
    echo 'lint: to update the references, run: npx nx sync' >&2
    status=1
  }
fi
exit $status
