import { lstat } from 'node:fs/promises';
import type { StatusLayout } from '../status-layout.ts';
import type { ClusterStatus } from '../status-schema.ts';

/**
 * Whether neco-worker runs on this server and will after a boot, by the links that systemd keeps for units that run and
 * those that are enabled: no process has to be started and nobody asked. Nothing where the layout names no links.
 */
export async function readWorker({ workerUnit }: StatusLayout): Promise<Pick<ClusterStatus, 'worker'>> {
  if (workerUnit === undefined) return {};
  const there = (path: string): Promise<boolean> =>
    lstat(path).then(
      () => true,
      () => false,
    );
  const [running, enabled] = await Promise.all([there(workerUnit.running), there(workerUnit.enabled)]);
  return { worker: { running, enabled } };
}
