#!/bin/bash
# What neco setup does, by hand and as fast as a shell can: the time that setup is held against. Three boot servers with
# etcd and vault installed become a TLS etcd cluster with auth on, Vault on it with three CAs, and six certificates of
# Vault's on each, all served. It is driven from this machine, so nobody has to trust anybody and nothing is checked
# before, between or after; nothing can be run again, and the keys of Vault are thrown away.
# usage: floor.sh 'LRN ADDRESS COMMAND-TO-ENTER-IT...' three times, the leader first
set -euo pipefail
cd "$(dirname "$0")"

lrns=() addresses=() doors=() servers='' members=''
for server; do
  read -r lrn address door <<<"$server"
  lrns+=("$lrn") addresses+=("$address") doors+=("$door") servers+=" $lrn $address"
  members+="${members:+,}boot-$lrn=https://$address:2380"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# on INDEX SCRIPT ARGUMENT...: runs a script on a server.
on() {
  local door=${doors[$1]} script=$2
  shift 2
  $door bash --norc -euo pipefail -c "$(cat functions.sh "$script")" "$script" "$@"
}

# each INPUT SCRIPT ARGUMENT...: runs it on all servers at once, with LRN and address before its arguments.
each() {
  local index input=$1 script=$2 jobs=()
  shift 2
  for index in "${!lrns[@]}"; do
    on "$index" "$script" "${lrns[index]}" "${addresses[index]}" "$@" <"$input" &
    jobs+=($!)
  done
  for index in "${jobs[@]}"; do wait "$index"; done
}

# shellcheck disable=SC2086 # a list of words
on 0 certificates.sh $servers >"$work/first.tar"
each "$work/first.tar" start.sh "$members" "floor-$$"
# shellcheck disable=SC2086
on 0 etcd-auth.sh ${lrns[*]} &
auth=$!
on 0 vault.sh "${addresses[@]}" >"$work/token"
wait "$auth"
each /dev/null reissue.sh "${addresses[0]}" "$(<"$work/token")"
