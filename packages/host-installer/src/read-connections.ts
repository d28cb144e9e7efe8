import { readFile } from 'node:fs/promises';
import type { Connection } from './host-reader.ts';
import { decodeAddress } from './read-listeners.ts';

/** States of no connection, or none any more: SYN_SENT, SYN_RECV, TIME_WAIT, CLOSE and LISTEN. */
const idle = ['02', '03', '06', '07', '0A'];

/** TCP connections to one address as the kernel lists them in /proc/net/tcp and tcp6, see proc_pid_net(5). */
export async function readConnections(address: string): Promise<Connection[]> {
  const tables = await Promise.all(['/proc/self/net/tcp', '/proc/self/net/tcp6'].map(readTable));
  return tables
    .flat()
    .filter(({ remote }) => remote === address || remote === `::ffff:${address}`)
    .map(({ localPort, remotePort }) => ({ localPort, remotePort }));
}

async function readTable(path: string): Promise<(Connection & { remote: string })[]> {
  // A kernel without IPv6 has no tcp6.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9 && !idle.includes(fields[3] ?? ''))
    .map((fields) => {
      const [, localPort = ''] = (fields[1] ?? '').split(':');
      const [remote = '', remotePort = ''] = (fields[2] ?? '').split(':');
      return {
        localPort: Number.parseInt(localPort, 16),
        remote: decodeAddress(remote),
        remotePort: Number.parseInt(remotePort, 16),
      };
    });
}
