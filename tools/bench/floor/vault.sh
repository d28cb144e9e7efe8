# Makes the Vaults one: initialised, unsealed, with the three CAs and a role each. Prints the root token.
# usage: vault.sh LEADER-ADDRESS ADDRESS...
cd /root/floor
leader=https://$1:8200
call() { curl --silent --show-error --fail --cacert server.crt "$@"; }

answer=$(call --json '{"secret_shares":1,"secret_threshold":1}' "$leader/v1/sys/init")
key=$(sed 's/.*"keys_base64":\["\([^"]*\).*/\1/' <<<"$answer")
token=$(sed 's/.*"root_token":"\([^"]*\).*/\1/' <<<"$answer")

# The first one unsealed is the active one.
call --output /dev/null --json "{\"key\":\"$key\"}" "$leader/v1/sys/unseal"
until call --output /dev/null "$leader/v1/sys/health" 2>/dev/null; do :; done
shift
for address; do
  call --output /dev/null --json "{\"key\":\"$key\"}" "https://$address:8200/v1/sys/unseal" &
done

ca() {
  local as=(--fail-early --fail --silent --show-error --output /dev/null --cacert server.crt --header "X-Vault-Token: $token")
  local role='{"allow_any_name":true,"enforce_hostnames":false,"key_type":"ec","key_bits":256,"max_ttl":"2160h","not_before_duration":"0s"}'
  curl "${as[@]}" --json '{"type":"pki","config":{"max_lease_ttl":"87600h"}}' "$leader/v1/sys/mounts/ca/$1" \
    --next "${as[@]}" --json "{\"pem_bundle\":\"$(sed 's/$/\\n/' "$1.crt" "$1.key" | tr -d '\n')\"}" "$leader/v1/ca/$1/config/ca" \
    --next "${as[@]}" --json "$role" "$leader/v1/ca/$1/roles/boot"
}
ca server & ca etcd-peer & ca etcd-client & wait
echo "$token"
