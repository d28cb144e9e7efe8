import { Command, Option } from 'clipanion';
import type { ProgramContext } from '../program-context.ts';

/** What all commands have in common. */
export abstract class NecoCommand extends Command<ProgramContext> {
  json = Option.Boolean('--json', false, {
    description: 'Print JSON for programs: one document, or one event a line.',
  });
  verbose = Option.Boolean('--verbose', false, { description: 'Say more, and for an error what led to it.' });

  /** Prints the result: one JSON document, or text for people. */
  protected print(document: Record<string, unknown>, text: string): void {
    const line = this.json ? JSON.stringify({ version: 1, ...document }) : text;
    this.context.stdout.write(line.endsWith('\n') ? line : `${line}\n`);
  }
}
