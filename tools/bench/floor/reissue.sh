# Replaces a server's certificates by those of Vault; etcd reads its files at each handshake, Vault at a signal.
# usage: reissue.sh LRN ADDRESS LEADER-ADDRESS TOKEN
lrn=$1 address=$2 leader=https://$3:8200 token=$4
umask 077
new=$(mktemp -d)
cd "$new"

# want CA FILE CN [NAMES]: one more request for the one curl.
transfers=()
want() {
  transfers+=(${transfers:+--next} --fail-early --fail --silent --show-error --cacert /etc/neco/ca/server.crt)
  transfers+=(--header "X-Vault-Token: $token" --output "$2.json" "$leader/v1/ca/$1/issue/boot")
  transfers+=(--json "{\"common_name\":\"$3\",\"ttl\":\"2160h\",\"exclude_cn_from_sans\":true${4:-}}")
}
names=",\"alt_names\":\"boot-$lrn,localhost\",\"ip_sans\":\"$address,127.0.0.1\""
want server neco-server "boot-$lrn" "$names"
want server etcd-server "boot-$lrn" "$names"
want etcd-peer etcd-peer "boot-$lrn" "$names"
want server vault-server "boot-$lrn" "$names"
want etcd-client vault-etcd "vault-$lrn"
want etcd-client neco-etcd "neco-$lrn"
curl "${transfers[@]}"

for file in *.json; do
  pair=/etc/${file%%-*}/${file#*-}
  pair=${pair%.json}
  answer=$(<"$file")
  certificate=${answer#*\"certificate\":\"} key=${answer#*\"private_key\":\"}
  # Written in place, so that owner and mode stay; nobody shakes hands in between.
  printf '%b\n' "${certificate%%\"*}" >"$pair.crt"
  printf '%b\n' "${key%%\"*}" >"$pair.key"
done
rm -r "$new"
systemctl kill --signal=HUP vault.service
