import { daemonProgram, keepUnsealed } from '@neco/daemon';
import { followLeavesAlone } from '@neco/membership';

/** Runs neco-updater with its command-line arguments until it is stopped. Returns the exit status. */
export const runProgram = daemonProgram({
  name: 'neco-updater',
  duties: [keepUnsealed, followLeavesAlone],
});
