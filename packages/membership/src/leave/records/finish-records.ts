import { unfinishedLeaves, type Registry } from '@neco/bootserver-registry';
import { forgetInitialCertificates } from '@neco/cluster-access';
import { awaitNoMore } from './awaited-servers.ts';

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

/** Stops other leaves from waiting for a server that is no boot server any more. */
async function awaitedNowhere(registry: Registry, lrn: number): Promise<void> {
  const leaves = unfinishedLeaves(await registry.leaves.read());
  const waiting = leaves.filter(({ awaited }) => awaited.includes(lrn));
  for (const other of waiting) await awaitNoMore(registry, other.lrn, lrn);
}
