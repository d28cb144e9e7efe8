import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import type { Connection, ConnectionFilter } from '../host-reader.ts';
import { decodeAddress } from './read-listeners.ts';

/**
 * States in which a process of this server has the connection: ESTABLISHED and CLOSE_WAIT. What it has closed stays in the
 * table for as long as the other end, which may be gone, has not confirmed it.
 */
const open = ['01', '08'];

/** TCP connections as the kernel lists them in /proc/net/tcp and tcp6, see proc_pid_net(5). */
export async function readConnections(filter: ConnectionFilter): Promise<Connection[]> {
  const tables = await Promise.all(['/proc/self/net/tcp', '/proc/self/net/tcp6'].map(readTable));
  return tables
    .flat()
    .filter(({ remoteAddress, localPort }) =>
      'remoteAddress' in filter
        ? remoteAddress === filter.remoteAddress
        : filter.localPorts.includes(localPort),
    );
}

async function readTable(path: string): Promise<Connection[]> {
  // A kernel without IPv6 has no tcp6.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9 && open.includes(fields[3] ?? ''))
    .map((fields) => {
      const [local = '', localPort = ''] = (fields[1] ?? '').split(':');
      const [remote = '', remotePort = ''] = (fields[2] ?? '').split(':');
      return {
        localAddress: plainAddress(local),
        localPort: Number.parseInt(localPort, 16),
        remoteAddress: plainAddress(remote),
        remotePort: Number.parseInt(remotePort, 16),
      };
    });
}

/** A socket for both kinds of address has those of IPv4 in the form of IPv6, see ipv6(7). */
function plainAddress(hex: string): string {
  return ipaddr.process(decodeAddress(hex)).toString();
}
