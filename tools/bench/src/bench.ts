import { writeFile } from 'node:fs/promises';
import { NecoError, toNecoError } from '@neco/core';
import { DataCenter } from '../../dctest/src/data-center.ts';
import { parseBenchOptions, type BenchOptions } from './bench-options.ts';
import { benchRun } from './bench-run.ts';
import { figures, type FigureName } from './figures.ts';
import { isOver, resultOf, type Result, type Sample } from './results.ts';
import { resultTable } from './result-table.ts';

const dataCenterName = 'bench';

/** Measures neco against what can be had without it. @returns the exit status: 1 when a limit is exceeded. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort(new NecoError('CANCELLED', 'stopped'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    const options = parseBenchOptions(argv);
    const results = await measure(options, stop.signal);
    if (options.json !== undefined)
      await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    return report(results);
  } catch (thrown) {
    const error = toNecoError(thrown);
    say(`bench: ${error.message}`);
    if (error.hint !== undefined) say(error.hint);
    return stop.signal.aborted ? 130 : error.exitStatus;
  }
}

async function measure({ names, runs }: BenchOptions, signal: AbortSignal): Promise<Result[]> {
  const samples = new Map<FigureName, Sample[]>(names.map((name) => [name, []]));
  try {
    const dataCenter = await DataCenter.up({ name: dataCenterName, replace: true, signal, say });
    for (let index = 0; index < runs; index += 1) {
      const sayOfRun = (line: string): void => say(`run ${index + 1} of ${runs}: ${line}`);
      const taken = await benchRun({ dataCenter, wanted: new Set(names), index, signal, say: sayOfRun });
      for (const [name, sample] of taken) samples.get(name)?.push(sample);
    }
  } finally {
    await DataCenter.takeDown(dataCenterName);
  }
  return names.map((name) => resultOf(name, samples.get(name) ?? []));
}

function report(results: readonly Result[]): number {
  process.stdout.write(`\n${resultTable(results)}\n`);
  for (const { name } of results)
    process.stdout.write(`${name}: ${figures[name].title}, against ${figures[name].reference}\n`);
  const over = results.filter(isOver);
  for (const { name, ratio, limit } of over)
    say(`${name} takes ${ratio.toFixed(2)} times its reference, more than ${limit}`);
  return over.length === 0 ? 0 : 1;
}

/** What goes on is for who watches; the table alone is the output. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
