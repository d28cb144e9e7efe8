#!/bin/sh
# Makes a signed apt repository. Runs where no process or mount outlives it.
# usage: depot-repository.sh KEY-DIRECTORY DIRECTORY SUITE DEB...
set -eu
key=$1 directory=$2 suite=$3
shift 3
mkdir -p /run/neco-dctest/gnupg # short, because gpg puts sockets there
mount -t tmpfs -o mode=0700 tmpfs /run/neco-dctest/gnupg
export GNUPGHOME=/run/neco-dctest/gnupg
gpg --batch --quiet --import "$key/secret.asc"
fingerprint=$(gpg --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')

work=$GNUPGHOME/reprepro
mkdir -p "$work/conf" "$directory/srv/depot/apt"
chmod 0755 "$directory" "$directory/srv" "$directory/srv/depot"
cat > "$work/conf/distributions" <<END
Origin: neco
Label: neco depot in a box
Codename: $suite
Suite: $suite
Architectures: amd64
Components: main
SignWith: $fingerprint
END
reprepro --silent --basedir "$work" --outdir "$directory/srv/depot/apt" export "$suite"
for deb; do
  reprepro --silent --basedir "$work" --outdir "$directory/srv/depot/apt" includedeb "$suite" "$deb"
done
