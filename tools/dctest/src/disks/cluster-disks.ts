import { sourceKey } from '../../../deb/source-key.ts';
import { cachedDisks, type DiskSource } from './cached-disks.ts';
import { setUpCluster } from '../cluster/set-up-cluster.ts';
import { together } from '../host/together.ts';
import { untilHealthy } from '../cluster/until-healthy.ts';

/**
 * The cached disks of a finished cluster: `neco setup` ran on these servers, they agreed that all is well, and were shut
 * down. They are of today, because certificates and revocation lists on them run out.
 * @param below the directories that they were made from: their paths have their keys.
 * @param bringUp brings up servers with neco, and nothing else done.
 */
export async function clusterDisks(
  lrns: readonly number[],
  below: readonly string[],
  bringUp: () => Promise<DiskSource>,
  { say, signal }: { readonly say: (line: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const today = new Date().toISOString().slice(0, 10);
  return cachedDisks({
    kind: 'cluster-disks',
    key: await sourceKey(['tools/dctest/src'], [...below, lrns.join(' '), today]),
    title: `finished cluster of ${lrns.join(' ')}`,
    estimate: 'about half a minute',
    say,
    bringUp,
    prepare: async (servers) => {
      await setUpCluster(servers, say, signal);
      await untilHealthy(servers, signal);
      // While etcd still has its quorum: else the active Vault's lock stays in etcd, and no Vault is active for 15 s after a boot.
      await together(servers.map((server) => server.run(['systemctl', 'stop', 'neco-updater', 'vault'])));
    },
  });
}
