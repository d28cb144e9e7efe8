import type { Duty } from '../daemon/run-daemon.ts';
import { createWorkerContext } from './create-worker-context.ts';
import { runDuties } from './run-duties.ts';
import { workerDuties } from './worker-duties.ts';

/** All that neco-worker does, until the signal fires. */
export const runWorker: Duty = async ({ configuration, reporter, signal }) => {
  await runDuties(workerDuties, createWorkerContext(configuration, reporter), signal);
};
