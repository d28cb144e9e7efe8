# Three CAs and the first certificates of all servers, as a tar with a folder for each.
# usage: certificates.sh LRN ADDRESS...
umask 077
mkdir -p /root/floor
cd /root/floor
printf '[req]\ndistinguished_name=name\n[name]\n' >openssl.cnf
new=(openssl req -config openssl.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

ca() {
  "${new[@]}" -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash 2>/dev/null
}

# sign CA FILE CN [NAMES]
sign() {
  "${new[@]}" -days 1 -CA "$1.crt" -CAkey "$1.key" -subj "/CN=$3" -keyout "$2.key" -out "$2.crt" \
    ${4:+-addext "subjectAltName=$4"} -addext extendedKeyUsage=serverAuth,clientAuth 2>/dev/null
}

ca server & ca etcd-peer & ca etcd-client & wait
sign etcd-client root root &
while [ $# -gt 0 ]; do
  names="DNS:boot-$1,DNS:localhost,IP:$2,IP:127.0.0.1"
  mkdir -p "$1/etc/neco/ca" "$1/etc/etcd" "$1/etc/vault"
  cp server.crt etcd-peer.crt etcd-client.crt "$1/etc/neco/ca"
  sign server "$1/etc/neco/server" "boot-$1" "$names" &
  sign server "$1/etc/etcd/server" "boot-$1" "$names" &
  sign etcd-peer "$1/etc/etcd/peer" "boot-$1" "$names" &
  sign server "$1/etc/vault/server" "boot-$1" "$names" &
  sign etcd-client "$1/etc/vault/etcd" "vault-$1" &
  sign etcd-client "$1/etc/neco/etcd" "neco-$1" &
  wait
  lrns+=("$1")
  shift 2
done
tar -c "${lrns[@]}"
