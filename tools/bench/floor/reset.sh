# Makes a server what it was when the packages had just been installed: no unit runs or is enabled, no data and no
# configuration are left but site.yml. Not part of any time.
units='neco-updater.service neco-worker.service vault.service etcd.service neco-setup-vault.service'
# shellcheck disable=SC2086 # a list of words
{
  systemctl kill --signal=KILL $units || true
  systemctl stop $units || true
  systemctl disable $units || true
  systemctl reset-failed $units || true
} 2>/dev/null
find /etc/neco -mindepth 1 -maxdepth 1 ! -name site.yml -exec rm -rf {} +
find /etc/etcd /etc/vault /var/lib/etcd /var/lib/neco /var/log/vault -mindepth 1 -delete
rm -rf /run/neco /root/floor
sync --file-system /var/lib
