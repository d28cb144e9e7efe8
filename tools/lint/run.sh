#!/bin/sh
# Lints everything, or what its arguments give to ESLint. The boundary rule reads nx's cached project graph and only
# warns when there is none, so the graph is made first.
set -u
cd "$(dirname "$0")/../.." || exit 1
export NX_DAEMON=false NX_NO_CLOUD=true PATH="$PWD/node_modules/.bin:$PATH"
nx show projects >/dev/null || exit 1
status=0
eslint --max-warnings 0 "${@:-.}" || status=1
[ $# != 0 ] || sh tools/lint/workspace.sh || status=1
exit $status
