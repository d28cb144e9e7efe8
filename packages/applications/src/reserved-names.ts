/** Names that no application may have, and why, as in "it is reserved: <why>". */
export interface ReservedName {
  /** Whole names, or with a `*` at the end what names begin with. */
  names: readonly string[];
  why: string;
  /** An application that an earlier version made with such a name goes on working: it can be renewed and removed. */
  toleratesOld?: true;
}

/**
 * The reserved names. An application has its name as etcd user and role, as the top of its keys, as signing role and common name, and as
 * its directory in /etc; whatever has a name of its own in one of these is here, and the first part of the prefix of neco's keys
 * besides.
 */
export const reservedNames: readonly ReservedName[] = [
  { names: ['root', 'backup'], why: 'for an etcd user with all permissions' },
  {
    names: ['neco*', 'vault*'],
    why: 'names that begin with neco or vault are for what the boot servers run themselves',
  },
  {
    names: ['boot-*', 'listener-*'],
    why: 'names that begin with boot- or listener- are for the certificates of the boot servers',
  },
  { names: ['etcd'], why: 'for etcd itself, whose configuration is /etc/etcd' },
  { names: ['localhost'], why: 'each server has this name in its certificates' },
  {
    names: ['leave-proof'],
    why: 'for the certificates by which a leave proves that revoked ones are rejected',
    toleratesOld: true,
  },
  { names: ['auth', 'sys', 'ca'], why: "for the top of Vault's own paths", toleratesOld: true },
  {
    names: [
      ...[
        'alternatives',
        'apparmor',
        'apt',
        'ca-certificates',
        'containers',
        'cron*',
        'dbus*',
        'default',
        'dpkg',
      ],
      ...[
        'grub',
        'initramfs-tools',
        'iproute2',
        'kernel',
        'ldap',
        'logrotate',
        'network',
        'network-*',
        'networks',
      ],
      ...[
        'opt',
        'pam',
        'perl',
        'pki',
        'profile',
        'rsyslog',
        'security',
        'selinux',
        'skel',
        'ssh*',
        'ssl',
        'sudo',
      ],
      ...['sudoers', 'sysctl', 'systemd*', 'udev', 'ufw', 'xdg'],
    ],
    why: 'its directory in /etc belongs to the operating system',
    toleratesOld: true,
  },
];
