import { DataCenter, type UpOptions } from '../../dctest/src/data-center.ts';
import { figures, type FigureName } from './figures.ts';
import type { Sample } from './results.ts';

type FinishedCluster = Required<Pick<UpOptions, 'name' | 'lrns' | 'signal' | 'say'>>;

/** Brings the same cluster up and down again. Once at first, so that its disks are in the cache. */
export async function finishedClusterRuns(
  options: FinishedCluster,
): Promise<readonly (() => Promise<Map<FigureName, Sample>>)[]> {
  await timeUntilUp(options);
  const reference = figures['finished-cluster'].most;
  return [async () => new Map([['finished-cluster', { ours: await timeUntilUp(options), reference }]])];
}

/** @returns ms */
async function timeUntilUp(options: FinishedCluster): Promise<number> {
  await DataCenter.takeDown(options.name);
  const start = performance.now();
  await DataCenter.up({ ...options, setup: true });
  return performance.now() - start;
}
