import type { Registry } from '@neco/bootserver-registry';
import { forgetInitialCertificates } from '@neco/cluster-access';
import { awaitedNowhere } from './awaited-servers.ts';

/**
 * Remembers that a server left, and removes all records of its leave.
 * @param missing LRNs of the servers for which the records stay until they have done their part.
 * @throws NecoError ETCD_*
 */
export async function finishRecords(
  registry: Registry,
  lrn: number,
  missing: readonly number[],
): Promise<void> {
  await Promise.all([
    registry.left.at(lrn).put({ version: 1, at: new Date().toISOString() }),
    forgetInitialCertificates(registry, lrn),
    awaitedNowhere(registry, lrn),
  ]);
  for (const by of missing) await registry.leaveAwaits.at(lrn, by).put({ version: 1 });
  if (missing.length === 0) await registry.leaves.of(lrn).delete();
}
