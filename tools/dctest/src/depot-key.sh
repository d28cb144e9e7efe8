#!/bin/sh
# Makes the key that a depot signs with. Runs where no process or mount outlives it.
# usage: depot-key.sh DIRECTORY
set -eu
mkdir -p /run/neco-dctest/gnupg # short, because gpg puts sockets there
mount -t tmpfs -o mode=0700 tmpfs /run/neco-dctest/gnupg
export GNUPGHOME=/run/neco-dctest/gnupg
umask 077
gpg --batch --quiet --passphrase '' --quick-generate-key 'neco depot in a box' ed25519 sign never
gpg --batch --quiet --armor --export > "$1/public.asc"
gpg --batch --quiet --armor --export-secret-keys > "$1/secret.asc"
