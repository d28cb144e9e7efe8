#!/bin/sh
# Makes the disk that all servers of a data centre in a box stand on.
# usage: base-image.sh SUITE ROOT MIRROR PACKAGE,PACKAGE...
# An empty MIRROR leaves the choice to debootstrap.
set -eu
suite=$1 root=$2 mirror=$3 packages=$4

debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${mirror:+"$mirror"}

# Servers have no way to the outside: what apt knew of it is gone, and what apt fetches by itself is off.
rm -rf "$root"/etc/apt/sources.list "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log "$root"/var/log/apt/*
rm -f "$root"/etc/resolv.conf "$root"/etc/machine-id "$root"/var/lib/dbus/machine-id
: > "$root/etc/resolv.conf"
echo 'Acquire::Languages "none";' > "$root/etc/apt/apt.conf.d/90neco-depot"
mkdir -p "$root/var/log/journal"

systemctl --root="$root" --quiet disable nginx.service cron.service chrony.service
systemctl --root="$root" --quiet enable systemd-networkd.service
# Of no use in a container, or works at hours of its own.
systemctl --root="$root" --quiet mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  console-getty.service getty@.service getty.target systemd-firstboot.service
