import { daemonProgram, keepUnsealed } from '@neco/daemon';
import { followLeavesAlone, registerVersionAlone } from '@neco/membership';
import { publishTroubles } from './duties/publish-troubles.ts';

/** Runs neco-updater with its command-line arguments until it is stopped. Returns the exit status. */
export const runProgram = daemonProgram({
  name: 'neco-updater',
  duties: [keepUnsealed, followLeavesAlone, publishTroubles, registerVersionAlone],
});
