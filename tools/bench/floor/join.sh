# What neco join and neco-worker do for etcd, by hand and with the steps of etcdadm: the CAs and their keys were carried to
# this server, the units are those of the packages.
# usage: join.sh LRN ADDRESS LEADER-ADDRESS OTHER-ADDRESS...
lrn=$1 address=$2
umask 077
cd /root/floor
mkdir -p /etc/neco/ca
cp server.crt etcd-peer.crt etcd-client.crt /etc/neco/ca
sign etcd-client root root &
server_certificates "$lrn" "$address" ''
chmod 755 /etc/neco/ca
chmod 644 /etc/neco/ca/*
chown etcd /etc/etcd/*
chown vault /etc/vault/*

export ETCDCTL_ENDPOINTS=https://$3:2379 ETCDCTL_CACERT=server.crt ETCDCTL_CERT=root.crt ETCDCTL_KEY=root.key
if etcdctl member list | grep --quiet " boot-$lrn,"; then exit 1; fi
answer=$(etcdctl member add "boot-$lrn" --learner --peer-urls "https://$address:2380")
read -r _ id _ <<<"$answer"
members=${answer#*ETCD_INITIAL_CLUSTER=\"}
etcd_configuration "$lrn" "$address" existing "${members%%\"*}" '' >/etc/etcd/etcd.yml
chmod 644 /etc/etcd/etcd.yml
systemctl enable --quiet --now etcd.service
# The leader is asked first; it may be another by now, and a follower lets the question hang.
shift 2
until ETCDCTL_ENDPOINTS=https://$1:2379 etcdctl --command-timeout 1s member promote "$id" >/dev/null; do
  set -- "${@:2}" "$1"
done
# It learns a moment later than the leader that it votes.
SECONDS=0
until ETCDCTL_ENDPOINTS=https://$address:2379 etcdctl endpoint health >/dev/null 2>&1; do ((SECONDS < 20)); done
