import { performance } from 'node:perf_hooks';
import { runCommand } from '../../lib/run-command.ts';

const runs = 21;

/** How long programs take from start to end. */
export interface StartupTime {
  /** Median of the program, in milliseconds. */
  readonly program: number;
  /** Median of what it is held against, in milliseconds. */
  readonly reference: number;
}

/**
 * Measures how long a command takes against another one, run in turn so that what else the machine does falls on
 * both.
 */
export async function startupTime(
  program: readonly string[],
  reference: readonly string[],
): Promise<StartupTime> {
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    times[0].push(await timeOf(program));
    times[1].push(await timeOf(reference));
  }
  return { program: median(times[0]), reference: median(times[1]) };
}

async function timeOf([command = '', ...args]: readonly string[]): Promise<number> {
  const start = performance.now();
  await runCommand(command, args);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
