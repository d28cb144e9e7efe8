import { parseArgs } from 'node:util';
import { messageOf, NecoError } from '@neco/core';
import { figureNames, type FigureName } from './figures.ts';

export interface BenchOptions {
  /** What to measure; all unless named. */
  readonly names: readonly FigureName[];
  readonly runs: number;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  /** The name of the data centre that it is measured in, and that is replaced; `bench` unless given. */
  readonly dataCenter: string;
}

const defaultRuns = 9;

/** @throws NecoError USAGE */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parse(argv);
  const unknown = positionals.find((name) => !isFigure(name));
  if (unknown !== undefined) {
    throw new NecoError('USAGE', `there is no figure ${JSON.stringify(unknown)}`, {
      hint: `there are ${figureNames.join(', ')}`,
    });
  }
  const { json, runs = String(defaultRuns), 'data-center': dataCenter = 'bench' } = values;
  if (!/^[1-9][0-9]{0,2}$/.test(runs)) {
    throw new NecoError('USAGE', `--runs ${JSON.stringify(runs)} is no number of runs`, {
      hint: 'give 1 to 999',
    });
  }
  const names = positionals.filter(isFigure);
  const wanted = names.length === 0 ? figureNames : [...new Set(names)];
  return { names: wanted, runs: Number(runs), json, dataCenter };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: { json: { type: 'string' }, runs: { type: 'string' }, 'data-center': { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new NecoError('USAGE', messageOf(error), {
      hint: 'usage: npm run bench -- [--runs N] [--json FILE] [--data-center NAME] [NAME…]',
      cause: error,
    });
  }
}

function isFigure(name: string): name is FigureName {
  return (figureNames as readonly string[]).includes(name);
}
