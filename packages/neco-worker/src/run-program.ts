import { runDaemon, runWorker, stopSignal } from '@neco/cluster-operations';
import type { ExitStatus } from '@neco/core';

/** Runs neco-worker until SIGTERM or SIGINT; gives its exit status. @param argv the words after the program's name. */
export async function runProgram(argv: readonly string[]): Promise<ExitStatus> {
  return runDaemon({
    name: 'neco-worker',
    configurationPath: '/etc/neco/neco-worker.yml',
    argv,
    write: {
      output: (text) => process.stdout.write(text),
      error: (text) => process.stderr.write(text),
    },
    toJournal: process.env['JOURNAL_STREAM'] !== undefined,
    signal: stopSignal(),
    duties: [runWorker],
  });
}
