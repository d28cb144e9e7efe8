import type { FileSystem, HostReader } from '@neco/host-installer';
import { paths } from '@neco/cluster-access';
import type { HostTrouble } from './host-trouble.ts';

const mebibyte = 2 ** 20;

/** With less than this, etcd and Vault are about to fail: they write at any time. */
const leastBytes = 16 * mebibyte;
const leastInodes = 100;

/** Below both of these it is time to look. */
const lowBytes = 1024 * mebibyte;
const lowShare = 1 / 10;

/** What neco, etcd, Vault and systemd write to, and what for. */
const uses: readonly { path: string; use: string }[] = [
  { path: '/', use: 'the system' },
  { path: '/etc', use: 'configuration and certificates' },
  { path: '/var/lib', use: 'packages' },
  { path: paths.etcdData, use: 'etcd data' },
  { path: paths.state, use: 'the state of neco' },
  { path: '/var/log/journal', use: 'the journal' },
  { path: paths.vaultLogs, use: 'the Vault audit device file' },
  { path: '/run', use: 'sockets and secrets that are kept in memory' },
];

interface UsedFileSystem extends FileSystem {
  uses: string[];
}

/** File systems that have no room left, in bytes or in inodes, or will soon have none. */
export async function diskTroubles(host: HostReader): Promise<HostTrouble[]> {
  const found = new Map<string, UsedFileSystem>();
  for (const { path, use } of uses) {
    const fileSystem = await host.fileSystem(path);
    const known = found.get(fileSystem.mountPoint) ?? { ...fileSystem, uses: [] };
    known.uses.push(use);
    found.set(fileSystem.mountPoint, known);
  }
  return [...found.values()].flatMap(diskTrouble);
}

/** Judges one file system. */
export function diskTrouble({ mountPoint, uses: its, ...sizes }: UsedFileSystem): HostTrouble[] {
  const { freeBytes, totalBytes, freeInodes = Infinity, totalInodes = Infinity } = sizes;
  const what = `the file system ${mountPoint} (${its.join(', ')})`;
  const bytes = `${mebibytes(freeBytes)} of ${mebibytes(totalBytes)} free`;
  const inodes = `${String(freeInodes)} of ${String(totalInodes)} inodes free`;
  const find = `find what fills it with "du -xah ${mountPoint} | sort -h | tail -n 20", and free space there; check with "df -h ${mountPoint}"`;
  const findFiles = `find where its files are with "du -x --inodes ${mountPoint} | sort -n | tail -n 20", and remove what is not needed; check with "df -i ${mountPoint}"`;
  const after = 'what it stopped then starts again by itself';
  // A small file system, such as one for logs alone, is full with less left.
  if (freeBytes < Math.min(leastBytes, totalBytes / 100))
    return [{ id: 'disk-full', message: `${what} is full: ${bytes}`, remedy: find, after }];
  if (freeInodes < Math.min(leastInodes, totalInodes / 100))
    return [{ id: 'disk-full', message: `${what} has no inodes left: ${inodes}`, remedy: findFiles, after }];
  if (freeBytes < lowBytes && freeBytes < totalBytes * lowShare)
    return [{ id: 'disk-filling', message: `${what} is nearly full: ${bytes}`, remedy: find }];
  if (freeInodes < totalInodes * lowShare)
    return [{ id: 'disk-filling', message: `${what} is nearly out of inodes: ${inodes}`, remedy: findFiles }];
  return [];
}

function mebibytes(bytes: number): string {
  const value = bytes / mebibyte;
  return `${value.toFixed(value < 10 && value !== Math.floor(value) ? 1 : 0)} MiB`;
}
