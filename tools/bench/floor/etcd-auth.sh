# Users, roles and auth of etcd.
# usage: etcd-auth.sh LRN...
cd /root/floor
export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=server.crt ETCDCTL_CERT=root.crt ETCDCTL_KEY=root.key
etcd() { etcdctl "$@" >/dev/null; }
user() { etcd user add --no-password "$1" && etcd user grant-role "$1" "$2"; }
role() { etcd role add "$1" && etcd role grant-permission "$1" --prefix=true readwrite "$2"; }

role neco /neco/ & role vault /vault/ & etcd role add root & etcd user add --no-password root & wait
etcd user grant-role root root &
user backup root &
for lrn; do user "neco-$lrn" neco & user "vault-$lrn" vault & done
wait
etcd auth enable
