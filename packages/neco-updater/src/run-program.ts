import { daemonProgram, keepUnsealed } from '@neco/daemon';
import { followLeavesAlone } from '@neco/membership';

/** Runs neco-updater with the words after its name, until it is told to end; gives its exit status. */
export const runProgram = daemonProgram({
  name: 'neco-updater',
  configurationPath: '/etc/neco/neco-updater.yml',
  duties: [keepUnsealed, followLeavesAlone],
});
