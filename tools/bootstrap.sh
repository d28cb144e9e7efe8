#!/bin/sh
# Installs what the scripts of package.json need: Debian packages (tools/apt-packages.txt) and npm packages
# (package-lock.json), including Node 24. Runs with any Node that npm supports, and is quick when nothing is missing.
# --npm: only the npm packages, for scripts that need nothing else.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# npm puts the project's own Node first in PATH; it must not be in use while `npm ci` replaces it.
PATH=$(printf %s "$PATH" | tr ':' '\n' | grep -v '/node_modules/' | paste -sd: -)
export PATH
log_folder=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/neco/logs

say() { printf 'bootstrap: %s\n' "$*" >&2; }

fail() { # WHAT REMEDY
  printf 'bootstrap: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

# Runs a command with its output in a file, and shows the end of the file if the command fails.
logged() { # NAME COMMAND...
  mkdir -p "$log_folder"
  log=$log_folder/bootstrap-$1.log
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    fail "$* failed" "fix the cause and run the same command again; the full output is in $log"
  fi
}

install_debian_packages() {
  command -v dpkg-query >/dev/null || fail 'this system is not Debian (dpkg-query is missing)' 'use Debian 12 or newer, or a container that runs it'
  missing=''
  installed=" $(
    # shellcheck disable=SC2046 # one word for each package
    dpkg-query -W -f '${db:Status-Status}=${Package} ' $(cat tools/apt-packages.txt) 2>/dev/null || true
  )"
  while read -r package || [ -n "$package" ]; do
    [ -n "$package" ] || continue
    case "$installed" in *" installed=$package "*) ;; *) missing="$missing $package" ;; esac
  done <tools/apt-packages.txt
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || fail "Debian packages are missing:$missing" "run this command as root, or install them first: apt-get update && apt-get install --no-install-recommends$missing"
  say "installing Debian packages, about half a minute:$missing"
  export DEBIAN_FRONTEND=noninteractive
  logged apt-update apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update
  # shellcheck disable=SC2086 # one word for each package
  logged apt-install apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing
}

check_go() {
  command -v go >/dev/null || fail 'go is not in PATH; it is needed to build etcd and Vault' \
    'install Go 1.26 or newer and add its bin folder to PATH'
}

check_node() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail 'node and npm are not in PATH' 'install Node 20 or newer with npm; neco installs its own Node 24 for everything else'
}

# Whether node_modules matches this lock file, by the lock file that npm leaves in node_modules.
installed_as_locked() {
  node -e '
    const read = (path) => JSON.parse(require("node:fs").readFileSync(path, "utf8")).packages;
    const wanted = read("package-lock.json");
    const there = read("node_modules/.package-lock.json");
    const fits = ([path, { version, integrity, link, optional, peer }]) => {
      if (!path.includes("node_modules/")) return true;
      const found = there[path];
      if (found === undefined) return optional === true || peer === true;
      return found.version === version && found.integrity === integrity && found.link === link;
    };
    const extra = Object.keys(there).some((path) => path.includes("node_modules/") && !(path in wanted));
    process.exit(Object.entries(wanted).every(fits) && !extra ? 0 : 1);
  ' 2>/dev/null
}

install_npm_packages() {
  hash=$(cksum <package-lock.json)
  stamp=node_modules/.neco-lock
  [ -x node_modules/.bin/node ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ] && return 0
  check_node
  exec 9<package-lock.json
  if ! flock -n 9; then
    say 'waiting for another run that is installing npm packages'
    flock 9
  fi
  if ! { [ -x node_modules/.bin/node ] && installed_as_locked; }; then
    say 'installing npm packages, about 15 seconds'
    # Errors only: npm warns about each package that needs a newer Node than the one npm runs on.
    logged npm npm ci --loglevel=error --no-audit --no-fund
    node_modules/.bin/node -e 'process.exit(process.versions.node.startsWith("24.") ? 0 : 1)' ||
      fail 'node_modules/.bin/node is not Node 24' 'remove node_modules and run this command again on 64-bit x86 Linux'
  fi
  printf '%s\n' "$hash" >"$stamp"
  exec 9<&-
}

if [ "${1:-}" != --npm ]; then
  install_debian_packages
  check_go
fi
install_npm_packages
