import { paths } from '@neco/cluster-access';
import type { ExitStatus } from '@neco/core';
import { runDaemon, type DaemonOptions } from './run-daemon.ts';
import { stopSignal } from './stop-signal.ts';

/**
 * A daemon of neco as the whole of this process: its streams, its journal, and SIGTERM or SIGINT to end it.
 * @returns what runs it with the words after the program's name, and gives its exit status.
 */
export function daemonProgram(
  daemon: Pick<DaemonOptions, 'name' | 'duties'>,
): (argv: readonly string[]) => Promise<ExitStatus> {
  return (argv) =>
    runDaemon({
      ...daemon,
      configurationPath: `${paths.necoDirectory}/${daemon.name}.yml`,
      argv,
      write: {
        output: (text) => process.stdout.write(text),
        error: (text) => process.stderr.write(text),
      },
      // Empty when systemd, which starts it with an environment of its own, has another place for what it says.
      toJournal: (process.env['JOURNAL_STREAM'] ?? '') !== '',
      signal: stopSignal(),
    });
}
