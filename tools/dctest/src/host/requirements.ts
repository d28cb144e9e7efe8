import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError } from '@neco/core';

/** The programs of this machine that are used, and the Debian packages that have them (tools/apt-packages.txt). */
const programs = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  nft: 'nftables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
  'apt-ftparchive': 'apt-utils',
  gpg: 'gnupg',
  tcpdump: 'tcpdump',
  'dpkg-deb': 'dpkg',
  perl: 'perl',
} as const;

/** Says all at once what this machine lacks. @throws NecoError NOT_ROOT, COMMAND_FAILED */
export async function checkRequirements(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new NecoError(
      'NOT_ROOT',
      'a data centre in a box needs root on this machine: it mounts, and makes networks',
      {
        hint: 'run it with sudo',
      },
    );
  }
  const there = await Promise.all(Object.keys(programs).map(isThere));
  const missing = Object.entries(programs).filter((_, index) => there[index] === false);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, debian]) => debian))].join(' ');
  throw new NecoError(
    'COMMAND_FAILED',
    `this machine lacks ${missing.map(([program]) => program).join(', ')}`,
    {
      hint: `apt-get install ${packages}`,
    },
  );
}

async function isThere(program: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  const looks = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(looks)).includes(true);
}
