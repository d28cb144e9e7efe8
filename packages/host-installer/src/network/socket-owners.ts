import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { printable } from '@neco/core';

export interface SocketOwner {
  /** Its name, which it chooses itself, without control characters. */
  process: string;
  pid: number;
}

/** Which processes hold sockets, by inode, as far as this process may see it in /proc/PID/fd. */
export async function socketOwners(inodes: ReadonlySet<string>): Promise<Map<string, SocketOwner>> {
  const owners = new Map<string, SocketOwner>();
  if (inodes.size === 0) return owners;
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  for (const pid of pids) {
    for (const inode of await socketsOf(pid)) {
      if (!inodes.has(inode) || owners.has(inode)) continue;
      owners.set(inode, { process: await commandName(pid), pid: Number(pid) });
    }
    if (owners.size === inodes.size) break;
  }
  return owners;
}

// A process may end while it is looked at: then it holds nothing any more.
async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[([0-9]+)\]$/.exec(target)?.[1] ?? []);
}

async function commandName(pid: string): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown')).trim();
  // Node names its main thread, and with it the process, for itself.
  return printable(
    name === 'MainThread' ? basename(await readlink(`/proc/${pid}/exe`).catch(() => 'node')) : name,
  );
}
