import { parseArgs } from 'node:util';
import { exitStatus, messageOf, NecoError, toNecoError, type ExitStatus, type Reporter } from '@neco/core';
import { createJournalReporter } from './create-journal-reporter.ts';
import { followConfiguration } from './follow-configuration.ts';
import { readDaemonConfiguration, type DaemonConfiguration } from './daemon-configuration.ts';

/** What a daemon does until its signal fires. */
export type Duty = (context: {
  configuration: DaemonConfiguration;
  reporter: Reporter;
  signal: AbortSignal;
}) => Promise<void>;

export interface DaemonOptions {
  /** Name of the program. */
  name: string;
  /** Configuration file where no `--config` is given. */
  configurationPath: string;
  /** Words of the command line, without the program. */
  argv: readonly string[];
  write: { output: (text: string) => unknown; error: (text: string) => unknown };
  /** Whether standard error is read by the journal. */
  toJournal: boolean;
  /** Ends the daemon in good order. */
  signal: AbortSignal;
  duties: readonly Duty[];
}

/** Runs a daemon of neco until its signal fires. Gives its exit status; what went wrong is written already. */
export async function runDaemon(options: DaemonOptions): Promise<ExitStatus> {
  const { name, write, toJournal, signal, duties } = options;
  const reporter = createJournalReporter(write.error, toJournal);
  try {
    const { config, help } = parseWords(options);
    if (help) {
      write.output(
        `usage: ${name} [--config PATH]\n\nRuns until it receives SIGTERM. The default PATH is ${options.configurationPath}.\n`,
      );
      return exitStatus.done;
    }
    const configuration = await readDaemonConfiguration(config);
    followConfiguration(config, configuration, { reporter, signal });
    await Promise.all(duties.map((duty) => duty({ configuration, reporter, signal })));
    return exitStatus.done;
  } catch (thrown) {
    const error = toNecoError(thrown);
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    write.error(`${toJournal ? '<3>' : ''}${name}: ${error.message}${hint}\n`);
    return error.exitStatus;
  }
}

function parseWords({ argv, name, configurationPath }: DaemonOptions): { config: string; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    return { config: values.config ?? configurationPath, help: values.help ?? false };
  } catch (cause) {
    throw new NecoError('USAGE', messageOf(cause), { hint: `to see the usage: ${name} --help`, cause });
  }
}
