import type { BootServer } from '@neco/bootserver-registry';
import { etcdEndpoint, rewriteEndpoints } from '@neco/cluster-access';
import type { WorkerDuty } from '@neco/daemon';

/**
 * When boot servers come and go, the files that name them follow: those of neco and of Vault. Nothing is restarted;
 * Vault reads its file at its next start, neco-worker uses the new list at once.
 */
export const followEndpoints: WorkerDuty = {
  name: 'follow-endpoints',
  async run(context, signal) {
    const { host, configuration, reporter } = context;
    const { lrn, address } = await context.self();
    using connection = await context.connect();
    for await (const servers of connection.registry.bootServers.watch({ signal })) {
      // A server that has left keeps what it has, to be looked at.
      if (!servers.some((server) => server.lrn === lrn)) continue;
      const addresses = [address, ...othersOf(servers, lrn)];
      const written = await rewriteEndpoints(host, addresses);
      if (written.length > 0)
        reporter.info(`the boot servers are now ${addresses.join(', ')}; wrote ${written.join(', ')}`);
      configuration.etcd.endpoints.splice(0, Infinity, ...addresses.map(etcdEndpoint));
    }
  },
};

/** Those that serve: one that still joins answers nobody. */
function othersOf(servers: readonly BootServer[], lrn: number): string[] {
  return servers.filter((one) => one.lrn !== lrn && one.state === 'active').map(({ address }) => address);
}
