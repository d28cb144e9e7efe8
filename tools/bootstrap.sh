#!/bin/sh
# Installs what the scripts of package.json stand on, when it is missing: Debian packages (tools/apt-packages.txt) and
# npm packages (package-lock.json), Node 24 among them. Runs with any Node that npm itself runs on; quick when all is there.
# --npm: the npm packages alone, for scripts that need no more.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# npm puts the project's own Node first; it must not run while `npm ci` takes it away.
PATH=$(printf %s "$PATH" | tr ':' '\n' | grep -v '/node_modules/' | paste -sd: -)
export PATH
log_folder=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/neco/logs

say() { printf 'bootstrap: %s\n' "$*" >&2; }

fail() { # WHAT REMEDY
  printf 'bootstrap: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

# Runs a command with its output in a file, which is shown when it fails.
logged() { # NAME COMMAND...
  mkdir -p "$log_folder"
  log=$log_folder/bootstrap-$1.log
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    fail "$* failed" "the whole output is in $log; mend it and run the same again"
  fi
}

install_debian_packages() {
  command -v dpkg-query >/dev/null || fail 'this is not Debian: there is no dpkg-query' 'use Debian 12 or newer, or a container of it'
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
  [ "$(id -u)" = 0 ] || fail "Debian packages are missing:$missing" "run this as root, or first: apt-get update && apt-get install --no-install-recommends$missing"
  say "installing Debian packages, about half a minute:$missing"
  export DEBIAN_FRONTEND=noninteractive
  logged apt-update apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update
  # shellcheck disable=SC2086 # one word for each package
  logged apt-install apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing
}

check_go() {
  command -v go >/dev/null || fail 'go is not in PATH; etcd and Vault are built with it' \
    'install Go 1.26 or newer and put its bin folder into PATH, or, where Debian has one: apt-get install golang-go'
}

check_node() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail 'node and npm are not in PATH' 'install Node 20 or newer with its npm; neco brings its own Node 24 for all the rest'
}

# Whether node_modules is what `npm ci` or `npm install` made of this lock file; npm leaves a lock file of its own in it.
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
    say 'another run is installing npm packages, waiting'
    flock 9
  fi
  if ! { [ -x node_modules/.bin/node ] && installed_as_locked; }; then
    say 'installing npm packages, about 15 seconds'
    # Only errors: npm would warn of each package that wants a newer Node than the one npm runs on.
    logged npm npm ci --loglevel=error --no-audit --no-fund
    node_modules/.bin/node -e 'process.exit(process.versions.node.startsWith("24.") ? 0 : 1)' ||
      fail 'node_modules/.bin/node is not Node 24' 'npm packages of this machine'"'"'s kind (linux, x64) are needed: rm -r node_modules, then again'
  fi
  printf '%s\n' "$hash" >"$stamp"
  exec 9<&-
}

if [ "${1:-}" != --npm ]; then
  install_debian_packages
  check_go
fi
install_npm_packages
