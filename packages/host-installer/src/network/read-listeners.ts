import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import type { Listener } from '../host-reader.ts';
import { socketOwners } from './socket-owners.ts';

const listening = '0A';

/** Listening TCP sockets as the kernel lists them in /proc/net/tcp and tcp6, see proc_pid_net(5). */
export async function readListeners(): Promise<Listener[]> {
  const tables = await Promise.all(['/proc/self/net/tcp', '/proc/self/net/tcp6'].map(readTable));
  const rows = tables.flat();
  const owners = await socketOwners(new Set(rows.map((row) => row.inode)));
  return rows.map(({ address, port, inode }) => ({ address, port, ...owners.get(inode) }));
}

async function readTable(path: string): Promise<{ address: string; port: number; inode: string }[]> {
  // A kernel without IPv6 has no tcp6.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => {
      const [address = '', port = ''] = (fields[1] ?? '').split(':');
      return { address: decodeAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' };
    });
}

/** The kernel prints an address as 32-bit words in the machine's byte order, which is little-endian on all that neco runs on. */
export function decodeAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  return ipaddr.fromByteArray(bytes).toString();
}
