import { daemonProgram } from '@neco/daemon';
import { runWorker } from './run-worker.ts';

/** Runs neco-worker with the words after its name, until it is told to end; gives its exit status. */
export const runProgram = daemonProgram({
  name: 'neco-worker',
  configurationPath: '/etc/neco/neco-worker.yml',
  duties: [runWorker],
});
