import { Command, Option } from 'clipanion';
import { exitStatus, type ExitStatus } from '@neco/core';
import type { ProgramContext } from '../../program-context.ts';
import { createReporter } from '../../reporters/create-reporter.ts';
import type { OperationReporter } from '../../reporters/operation-reporter.ts';

/** How every dry run ends. */
export const dryRunEnded = 'dry run: nothing was changed';

/** Base of all commands. */
export abstract class NecoCommand extends Command<ProgramContext> {
  json = Option.Boolean('--json', false, {
    description: 'Print JSON: one document, or one event per line for long operations.',
  });
  verbose = Option.Boolean('--verbose', false, {
    description: 'Print more details, and the causes of an error.',
  });

  /** Prints the result: one JSON document, or text for people. */
  protected print(document: Record<string, unknown>, text: string): void {
    const line = this.json ? JSON.stringify({ version: 1, ...document }) : text;
    this.context.stdout.write(line.endsWith('\n') ? line : `${line}\n`);
  }

  /** Runs an operation and reports what came of it. @throws what `operate` throws */
  protected async report(
    operate: (reporter: OperationReporter) => Promise<{ changed: boolean; text: string }>,
  ): Promise<ExitStatus> {
    const reporter = createReporter(this);
    try {
      reporter.end(await operate(reporter));
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }
}
