import type { Reporter } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { ports } from '../ports.ts';

const etcdPorts: readonly number[] = [ports.etcdClient, ports.etcdPeer];

/**
 * Cuts what a server that has left has open to this server's etcd, for a certificate is looked at only when a connection
 * begins: by socket, and where the kernel cannot do that, by a restart of etcd under a lock.
 * @param inTurn runs the restart while no other server restarts its etcd.
 * @returns how many are open still.
 */
export async function cutOff(
  host: HostWriter,
  address: string,
  { reporter, inTurn }: { reporter: Reporter; inTurn: (restart: () => Promise<void>) => Promise<void> },
): Promise<number> {
  if ((await host.connections(address)).length === 0) return 0;
  await host.cutConnections(address).catch((error: unknown) => {
    reporter.warn(error instanceof Error ? error.message : String(error));
  });
  if ((await openToEtcd(host, address)) === 0) return 0;
  reporter.info(`connections of ${address} to etcd are open: etcd is restarted`);
  await inTurn(() => host.restartUnit('etcd.service', { block: true }));
  return openToEtcd(host, address);
}

async function openToEtcd(host: HostWriter, address: string): Promise<number> {
  const open = await host.connections(address);
  return open.filter(
    ({ localPort, remotePort }) => etcdPorts.includes(localPort) || remotePort === ports.etcdPeer,
  ).length;
}
