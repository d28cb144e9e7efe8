import { followLeavesAlone, keepUnsealed, runDaemon, stopSignal } from '@neco/cluster-operations';
import type { ExitStatus } from '@neco/core';

/** Runs neco-updater until SIGTERM or SIGINT; gives its exit status. @param argv the words after the program's name. */
export async function runProgram(argv: readonly string[]): Promise<ExitStatus> {
  return runDaemon({
    name: 'neco-updater',
    configurationPath: '/etc/neco/neco-updater.yml',
    argv,
    write: {
      output: (text) => process.stdout.write(text),
      error: (text) => process.stderr.write(text),
    },
    toJournal: process.env['JOURNAL_STREAM'] !== undefined,
    signal: stopSignal(),
    duties: [keepUnsealed, followLeavesAlone],
  });
}
