import { daemonProgram, runWorker } from '@neco/cluster-operations';

/** Runs neco-worker with the words after its name, until it is told to end; gives its exit status. */
export const runProgram = daemonProgram({
  name: 'neco-worker',
  configurationPath: '/etc/neco/neco-worker.yml',
  duties: [runWorker],
});
