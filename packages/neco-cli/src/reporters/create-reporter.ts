import type { ProgramContext } from '../program-context.ts';
import { JsonReporter } from './json-reporter.ts';
import { LineReporter } from './line-reporter.ts';
import type { OperationReporter } from './operation-reporter.ts';

/** The reporter for a command: JSON events with `--json`, otherwise lines. */
export function createReporter(command: { json: boolean; context: ProgramContext }): OperationReporter {
  const { json, context } = command;
  if (json) return new JsonReporter(context.stdout);
  return new LineReporter(context.stdout, context.colorDepth > 1);
}
