# Puts the initial certificates in place and starts etcd and Vault.
# usage: start.sh LRN ADDRESS MEMBERS TOKEN <TAR
lrn=$1 address=$2 members=$3 token=$4
tar -x -C / --no-same-owner --no-overwrite-dir --strip-components=1 "$lrn"
chmod 755 /etc/neco/ca
chmod 644 /etc/neco/ca/*
chown etcd /etc/etcd/*
chown vault /etc/vault/*

etcd_configuration "$lrn" "$address" new "$members" "$token" >/etc/etcd/etcd.yml
endpoints=https://$address:2379,$(sed 's/boot-[0-9]*=//g; s/:2380/:2379/g' <<<"$members")
cat >/etc/vault/vault.json <<END
{
  "api_addr": "https://$address:8200",
  "cluster_addr": "https://$address:8201",
  "storage": {
    "etcd": {
      "etcd_api": "v3",
      "ha_enabled": "true",
      "address": "$endpoints",
      "path": "/vault/",
      "tls_ca_file": "/etc/neco/ca/server.crt",
      "tls_cert_file": "/etc/vault/etcd.crt",
      "tls_key_file": "/etc/vault/etcd.key"
    }
  },
  "listener": [
    { "tcp": { "address": "$address:8200", "tls_cert_file": "/etc/vault/server.crt", "tls_key_file": "/etc/vault/server.key" } },
    { "tcp": { "address": "127.0.0.1:8200", "cluster_address": "127.0.0.1:8201", "tls_cert_file": "/etc/vault/server.crt", "tls_key_file": "/etc/vault/server.key" } }
  ],
  "disable_mlock": true
}
END
chmod 644 /etc/etcd/etcd.yml /etc/vault/vault.json

# What systemctl enable would do, without its reload of systemd.
ln -sf /usr/lib/systemd/system/etcd.service /usr/lib/systemd/system/vault.service /etc/systemd/system/multi-user.target.wants/
# Ends when etcd has a quorum and Vault, which starts in that moment, listens.
systemctl start etcd.service vault.service
