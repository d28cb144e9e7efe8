import { NecoError } from '@neco/core';
import { ClusterAccess } from '@neco/cluster-access';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { WorkerContext } from '@neco/daemon';

/**
 * Does work as etcd's user root, for at most ten minutes, through the other boot servers: the services here need not run yet.
 * @throws NecoError VAULT_*, ETCD_*, FILE_FAILED, and what `work` throws
 */
export async function withEtcdRoot<T>(
  worker: WorkerContext,
  signal: AbortSignal,
  work: (etcd: EtcdCluster) => Promise<T>,
): Promise<T> {
  const { host, reporter } = worker;
  const { lrn, name } = await worker.self();
  const servers = await otherServers(worker, lrn);
  const etcd = await ClusterAccess.open({ as: 'root', host, lrn, name, servers, reporter, signal });
  try {
    return await work(etcd);
  } finally {
    etcd.close();
  }
}

async function otherServers(worker: WorkerContext, lrn: number): Promise<Map<number, string>> {
  using connection = await worker.connect();
  const servers = await connection.registry.bootServers.list();
  const others = servers.filter((server) => server.lrn !== lrn && server.state === 'active');
  if (others.length > 0) return new Map(others.map((server) => [server.lrn, server.address]));
  throw new NecoError('ETCD_FAILED', 'no other boot server is registered as active');
}
