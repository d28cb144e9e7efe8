#!/bin/sh
# Lints everything. The boundary rule reads nx's cached project graph and only warns when there is none, so the
# graph is made first; references between the tsconfig files must follow the imports (npx nx sync mends them).
set -eu
cd "$(dirname "$0")/../.."
export NX_DAEMON=false NX_NO_CLOUD=true PATH="$PWD/node_modules/.bin:$PATH"
nx show projects >/dev/null
nx sync:check >/dev/null || { echo 'the references in tsconfig files do not follow the imports; to mend: npx nx sync' >&2; exit 1; }
exec eslint --max-warnings 0 "${@:-.}"
