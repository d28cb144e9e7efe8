import { daemonProgram } from '@neco/daemon';
import { runWorker } from './run-worker.ts';

/** Runs neco-worker with its command-line arguments until it is stopped. Returns the exit status. */
export const runProgram = daemonProgram({
  name: 'neco-worker',
  duties: [runWorker],
});
