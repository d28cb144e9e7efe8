# What several of these scripts need: it stands before each of them.

new=(openssl req -config /root/floor/openssl.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

# sign CA FILE CN [NAMES]
sign() {
  "${new[@]}" -days 1 -CA "$1.crt" -CAkey "$1.key" -subj "/CN=$3" -keyout "$2.key" -out "$2.crt" \
    ${4:+-addext "subjectAltName=$4"} -addext extendedKeyUsage=serverAuth,clientAuth 2>/dev/null
}

# server_certificates LRN ADDRESS ROOT: the six of one server.
server_certificates() {
  local names="DNS:boot-$1,DNS:localhost,IP:$2,IP:127.0.0.1"
  sign server "$3/etc/neco/server" "boot-$1" "$names" &
  sign server "$3/etc/etcd/server" "boot-$1" "$names" &
  sign etcd-peer "$3/etc/etcd/peer" "boot-$1" "$names" &
  sign server "$3/etc/vault/server" "boot-$1" "$names" &
  sign etcd-client "$3/etc/vault/etcd" "vault-$1" &
  sign etcd-client "$3/etc/neco/etcd" "neco-$1" &
  wait
}

# etcd_configuration LRN ADDRESS STATE MEMBERS TOKEN
etcd_configuration() {
  cat <<END
name: boot-$1
data-dir: /var/lib/etcd
listen-client-urls: https://$2:2379,https://127.0.0.1:2379
advertise-client-urls: https://$2:2379
listen-peer-urls: https://$2:2380
initial-advertise-peer-urls: https://$2:2380
listen-metrics-urls: http://127.0.0.1:2381
initial-cluster: $4
initial-cluster-token: $5
initial-cluster-state: $3
enable-grpc-gateway: false
client-transport-security:
  cert-file: /etc/etcd/server.crt
  key-file: /etc/etcd/server.key
  trusted-ca-file: /etc/neco/ca/etcd-client.crt
  client-cert-auth: true
peer-transport-security:
  cert-file: /etc/etcd/peer.crt
  key-file: /etc/etcd/peer.key
  trusted-ca-file: /etc/neco/ca/etcd-peer.crt
  client-cert-auth: true
END
}
