import { parseArgs } from 'node:util';
import { messageOf, NecoError } from '@neco/core';
import { figureNames, type FigureName } from './figures.ts';

export interface BenchOptions {
  /** What to measure; all unless named. */
  readonly names: readonly FigureName[];
  readonly runs: number;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
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
  const { json, runs = String(defaultRuns) } = values;
  if (!/^[1-9][0-9]{0,2}$/.test(runs)) {
    throw new NecoError('USAGE', `--runs ${JSON.stringify(runs)} is no number of runs`, {
      hint: 'give 1 to 999',
    });
  }
  const names = positionals.filter(isFigure);
  return { names: names.length === 0 ? figureNames : [...new Set(names)], runs: Number(runs), json };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: { json: { type: 'string' }, runs: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new NecoError('USAGE', messageOf(error), {
      hint: 'usage: npm run bench -- [--runs N] [--json FILE] [NAME…]',
      cause: error,
    });
  }
}

function isFigure(name: string): name is FigureName {
  return (figureNames as readonly string[]).includes(name);
}
