#!/bin/sh
# Checks what spans the projects: import cycles, the links in Markdown files, and that the references between the
# tsconfig files follow the imports.
set -u
cd "$(dirname "$0")/../.." || exit 1
export NX_DAEMON=false NX_NO_CLOUD=true PATH="$PWD/node_modules/.bin:$PATH"
status=0
depcruise --config tools/lint/import-cycles.mjs --output-type err-long packages tools >&2 || status=1
remark --no-color --frail --quiet --no-stdout --no-config --use remark-validate-links=repository:false . >&2 || status=1
nx sync:check >&2 || {
  echo 'lint: to update the references, run: npx nx sync' >&2
  status=1
}
exit $status
