import { NecoError } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import {
  certificateKinds,
  connectEtcd,
  liveEtcdAddresses,
  paths,
  reachVaultByName,
  readPair,
  Signer,
} from '@neco/cluster-access';
import type { WorkerContext } from '@neco/daemon';

/**
 * Does work as etcd's user root, for at most ten minutes: the key is made here and stays in memory, and this server's
 * own certificate is its right to have it signed. Asked are the other boot servers: the services here need not run yet.
 * @throws NecoError VAULT_*, ETCD_*, FILE_FAILED, and what `work` throws
 */
export async function withEtcdRoot<T>(
  worker: WorkerContext,
  signal: AbortSignal,
  work: (etcd: EtcdCluster) => Promise<T>,
): Promise<T> {
  const { host } = worker;
  const { lrn, name } = await worker.self();
  const servers = await otherServers(worker, lrn);
  const ca = await host.readText(paths.authorities.server);
  const own = await readPair(host, certificateKinds.server);
  const vault = await (
    await reachVaultByName(servers, { ...(ca === undefined ? {} : { ca }), ...own })
  ).loginCertificate(name);
  try {
    const pair = await new Signer(vault, servers).certifyRoot();
    signal.throwIfAborted();
    const etcd = await connectEtcd(host, await liveEtcdAddresses(servers), pair);
    try {
      return await work(etcd);
    } finally {
      etcd.close();
    }
  } finally {
    await vault.revokeSelf().catch(() => undefined);
  }
}

async function otherServers(worker: WorkerContext, lrn: number): Promise<Map<number, string>> {
  const link = await worker.connect();
  try {
    const servers = await link.registry.bootServers.list();
    const others = servers.filter((server) => server.lrn !== lrn && server.state === 'active');
    if (others.length > 0) return new Map(others.map((server) => [server.lrn, server.address]));
  } finally {
    link.close();
  }
  throw new NecoError('ETCD_FAILED', 'no other boot server is registered as active');
}
