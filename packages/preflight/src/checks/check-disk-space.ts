import { paths } from '@neco/cluster-access';
import type { Check, CheckContext } from './check.ts';

const mebibyte = 2 ** 20;

interface NeededSpace {
  path: string;
  bytes: number;
  purpose: string;
}

/** Room for the data of etcd, and for what is installed, unless it is. */
export const checkDiskSpace: Check = async (context) => {
  const findings = await Promise.all(
    (await neededSpace(context)).map(async ({ path, bytes, purpose }) => {
      const free = await context.host.freeSpace(path);
      if (free >= bytes) return [];
      return [
        {
          message: `${path} has ${inMebibytes(free)} free, ${purpose} at least ${inMebibytes(bytes)}`,
          hint: `free space there; to find its disk, run "df -h ${path}"`,
        },
      ];
    }),
  );
  return findings.flat();
};

async function neededSpace({ host, site, resuming }: CheckContext): Promise<NeededSpace[]> {
  const versions = await Promise.all(
    [site.packages.etcd, site.packages.vault].map((name) => host.installedVersion(name)),
  );
  // Half of etcd's own quota, and a little where it already has its room.
  const data = {
    path: paths.etcdData,
    bytes: (resuming ? 128 : 1024) * mebibyte,
    purpose: 'etcd data needs',
  };
  if (versions.every((version) => version !== undefined)) return [data];
  return [
    data,
    {
      path: '/var/cache/apt/archives',
      bytes: 512 * mebibyte,
      purpose: 'the etcd and Vault packages need',
    },
    { path: '/usr/bin', bytes: 640 * mebibyte, purpose: 'etcd and Vault need' },
  ];
}

function inMebibytes(bytes: number): string {
  return `${String(Math.floor(bytes / mebibyte))} MiB`;
}
