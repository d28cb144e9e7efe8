import { Command, Option } from 'clipanion';
import type { ProgramContext } from '../../program-context.ts';

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
}
