import type { Reporter } from '@neco/core';
import type { Connection, ConnectionFilter, HostReader, HostWriter } from '@neco/host-installer';
import { ports } from '@neco/cluster-access';

const etcdPorts: readonly number[] = [ports.etcdClient, ports.etcdPeer];

export interface CutOffOptions {
  /** Registered address of a server that has left; what is open from and to it is closed, whatever the port. */
  address?: string;
  /** Whether that server is compromised: etcd is restarted in any case. */
  strange?: boolean;
  reporter: Reporter;
  /** Runs the restart while no other server restarts its etcd. */
  inTurn: (restart: () => Promise<void>) => Promise<void>;
}

/**
 * Ends what is open to this server's etcd by certificates that were revoked, once the revocation lists are in place: etcd looks at a
 * certificate only when a connection begins. No address tells whose certificate a connection was opened with, and the kernel
 * does not know it. So every connection to etcd is closed, of members, of Vault and of applications alike: each client
 * connects again at once and shows its certificate again, and a revoked one is refused. Where the kernel cannot close them,
 * etcd is restarted under a lock.
 * @returns how many are open still.
 */
export async function cutOff(
  host: HostWriter,
  { address, strange = false, reporter, inTurn }: CutOffOptions,
): Promise<number> {
  if (address !== undefined) await cutSockets(host, { remoteAddress: address }, reporter);
  const { before, left } = await cutSockets(host, { localPorts: etcdPorts }, reporter);
  if (left === 0 && !strange) return 0;
  const why = strange
    ? 'the keys of a compromised server may be in use from elsewhere'
    : 'the kernel cannot close connections to etcd';
  reporter.info(`${why}; restarting etcd`);
  await inTurn(() => host.restartUnit('etcd.service', { block: true }));
  return stillOpen(host, { localPorts: etcdPorts }, before);
}

/** Cuts them by socket alone. @returns those that were open, and how many of them are open still. */
export async function cutSockets(
  host: HostWriter,
  filter: ConnectionFilter,
  reporter: Reporter,
): Promise<{ before: Connection[]; left: number }> {
  const before = await host.connections(filter);
  if (before.length === 0) return { before, left: 0 };
  await host.cutConnections(filter).catch((error: unknown) => {
    reporter.warn(error instanceof Error ? error.message : String(error));
  });
  return { before, left: await stillOpen(host, filter, before) };
}

async function stillOpen(
  host: HostReader,
  filter: ConnectionFilter,
  before: readonly Connection[],
): Promise<number> {
  const now = new Set((await host.connections(filter)).map(identity));
  return before.filter((old) => now.has(identity(old))).length;
}

function identity({ localAddress, localPort, remoteAddress, remotePort }: Connection): string {
  return [localAddress, localPort, remoteAddress, remotePort].join(' ');
}
