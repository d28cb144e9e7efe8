# Looks whether the floor did what it says; not part of its time.
# usage: verify.sh LRN ADDRESS
lrn=$1 address=$2
ca=/etc/neco/ca/server.crt
export ETCDCTL_ENDPOINTS=https://$address:2379 ETCDCTL_CACERT=$ca
export ETCDCTL_CERT=/etc/neco/etcd.crt ETCDCTL_KEY=/etc/neco/etcd.key
etcdctl get --prefix --keys-only /neco/
etcdctl put "/neco/floor-$lrn" "$lrn"
if etcdctl get --prefix --keys-only /vault/ 2>/dev/null; then
  echo 'neco can read what is Vault'\''s: auth is not on' >&2
  exit 1
fi
state=$(curl --silent --cacert $ca --write-out '%{http_code}' --output /dev/null "https://$address:8200/v1/sys/health")
[ "$state" = 200 ] || [ "$state" = 429 ] || {
  echo "Vault is neither active nor standby: $state" >&2
  exit 1
}
serial() { openssl x509 -noout -serial; }
for listener in 2379:etcd/server 2380:etcd/peer 8200:vault/server; do
  at=$address:${listener%%:*} file=/etc/${listener#*:}.crt
  # s_client complains of what it cannot verify here; what matters is which certificate is shown.
  shown=$({ openssl s_client -connect "$at" -cert /etc/etcd/peer.crt -key /etc/etcd/peer.key </dev/null 2>/dev/null || true; } | serial)
  [ "$shown" = "$(serial <"$file")" ] || {
    echo "$at does not serve $file" >&2
    exit 1
  }
  openssl x509 -noout -checkend $((30 * 86400)) <"$file" >/dev/null || {
    echo "$file is still the first one" >&2
    exit 1
  }
done
