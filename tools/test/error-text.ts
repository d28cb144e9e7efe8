import { inspect } from 'node:util';
import Mocha from 'mocha';

/** A chain that is longer than this says nothing new. */
const deepest = 8;

/** All that an error says, for whoever reads only this: its stack, the difference it found, and what led to it. */
export function errorText(error: unknown): string {
  return chain(error).join('\n');
}

function chain(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error)) return [typeof error === 'string' ? error : inspect(error)];
  const own = `${error.stack ?? error.message}${difference(error)}`;
  const causes = [
    ...(error.cause === undefined ? [] : [error.cause]),
    ...(error instanceof AggregateError ? (error.errors as unknown[]) : []),
  ];
  if (depth === deepest) return [own];
  return [
    own,
    ...causes.flatMap((cause) => {
      const [first = '', ...more] = chain(cause, depth + 1);
      return [`caused by: ${first}`, ...more];
    }),
  ];
}

function difference(error: Error): string {
  const differs = 'expected' in error && 'actual' in error && 'showDiff' in error && error.showDiff === true;
  return differs ? `\n${Mocha.reporters.Base.generateDiff(shown(error.actual), shown(error.expected))}` : '';
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 8, sorted: true, breakLength: 100 });
}
