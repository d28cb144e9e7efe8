# Three CAs and the initial certificates of all servers, as a tar with a folder for each.
# usage: certificates.sh LRN ADDRESS...
umask 077
mkdir -p /root/floor
cd /root/floor
printf '[req]\ndistinguished_name=name\n[name]\n' >openssl.cnf

ca() {
  "${new[@]}" -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash 2>/dev/null
}

ca server & ca etcd-peer & ca etcd-client & wait
sign etcd-client root root &
while [ $# -gt 0 ]; do
  mkdir -p "$1/etc/neco/ca" "$1/etc/etcd" "$1/etc/vault"
  cp server.crt etcd-peer.crt etcd-client.crt "$1/etc/neco/ca"
  server_certificates "$1" "$2" "$1"
  lrns+=("$1")
  shift 2
done
tar -c "${lrns[@]}"
