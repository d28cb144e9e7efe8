import { lstat } from 'node:fs/promises';
import type { HostLayout } from '@neco/cluster-access';
import type { ClusterStatus } from '../status-schema.ts';

/**
 * Whether neco-worker runs on this server and will after a boot, by the links that systemd keeps for units that run and
 * those that are enabled: no process has to be started and nobody asked.
 */
export async function readWorker({ workerUnit }: HostLayout): Promise<ClusterStatus['worker']> {
  const there = (path: string): Promise<boolean> =>
    lstat(path).then(
      () => true,
      () => false,
    );
  const [running, enabled] = await Promise.all([there(workerUnit.running), there(workerUnit.enabled)]);
  return { running, enabled };
}
