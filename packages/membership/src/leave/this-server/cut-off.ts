import type { Reporter } from '@neco/core';
import type { Connection, HostReader, HostWriter } from '@neco/host-installer';
import { ports } from '@neco/cluster-access';

const etcdPorts: readonly number[] = [ports.etcdClient, ports.etcdPeer];

export interface CutOffOptions {
  strange: boolean;
  reporter: Reporter;
  inTurn: (restart: () => Promise<void>) => Promise<void>;
}

/**
 * Cuts what a server that has left has open to this server's etcd, for a certificate is looked at only when a connection
 * begins: by socket, and where the kernel cannot do that, by a restart of etcd under a lock. What that server opens
 * meanwhile counts for nothing, for the revocation lists are in place: who does not know yet that it has left tries again and again.
 * @param strange whether that server is compromised: its keys may have opened connections from any address, so etcd is
 * restarted in any case.
 * @param inTurn runs the restart while no other server restarts its etcd.
 * @returns how many are open still.
 */
export async function cutOff(
  host: HostWriter,
  address: string,
  { strange, reporter, inTurn }: CutOffOptions,
): Promise<number> {
  const { before, left } = await cutSockets(host, address, reporter);
  if (left === 0 && !strange) return 0;
  const why = strange
    ? 'the keys of a compromised server may be in use from elsewhere'
    : `connections of ${address} to etcd cannot be closed`;
  reporter.info(`${why}; restarting etcd`);
  await inTurn(() => host.restartUnit('etcd.service', { block: true }));
  return stillOpen(host, address, before);
}

/** Cuts them by socket alone. @returns those to etcd that were open, and how many of them are open still. */
export async function cutSockets(
  host: HostWriter,
  address: string,
  reporter: Reporter,
): Promise<{ before: Connection[]; left: number }> {
  const open = await host.connections(address);
  if (open.length === 0) return { before: [], left: 0 };
  await host.cutConnections(address).catch((error: unknown) => {
    reporter.warn(error instanceof Error ? error.message : String(error));
  });
  const before = open.filter(isToEtcd);
  return { before, left: await stillOpen(host, address, before) };
}

async function stillOpen(host: HostReader, address: string, before: readonly Connection[]): Promise<number> {
  const now = await host.connections(address);
  return before.filter((old) => now.some((one) => isSame(one, old))).length;
}

function isToEtcd({ localPort, remotePort }: Connection): boolean {
  return etcdPorts.includes(localPort) || remotePort === ports.etcdPeer;
}

function isSame(one: Connection, other: Connection): boolean {
  return one.localPort === other.localPort && one.remotePort === other.remotePort;
}
