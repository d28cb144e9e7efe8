import { figures, type FigureName } from './figures.ts';

/** One run, measured one after the other on the same servers: both in milliseconds, or in MB where that is the unit. */
export interface Sample {
  readonly ours: number;
  readonly reference: number;
}

/** What the runs of one figure came to, as `--json` writes it. */
export interface Result {
  readonly name: FigureName;
  readonly unit: 's' | 'ms' | 'MB';
  /** Medians, or means where the figure has those, in that unit. */
  readonly ours: number;
  readonly reference: number;
  /** One over the other. */
  readonly ratio: number;
  /** What the ratio may be at most. */
  readonly limit: number;
  /** How many there were. */
  readonly runs: number;
  /** Each of them, in the unit. */
  readonly samples: readonly Sample[];
}

/** @param samples one at least. */
export function resultOf(name: FigureName, samples: readonly Sample[]): Result {
  const { unit, limit } = figures[name];
  const average = 'average' in figures[name] ? mean : median;
  const inUnit = samples.map(({ ours, reference }) => ({
    ours: rounded(unit === 's' ? ours / 1000 : ours),
    reference: rounded(unit === 's' ? reference / 1000 : reference),
  }));
  const ours = rounded(average(inUnit.map((sample) => sample.ours)));
  const reference = rounded(average(inUnit.map((sample) => sample.reference)));
  return {
    name,
    unit,
    ours,
    reference,
    ratio: rounded(ours / reference),
    limit,
    runs: samples.length,
    samples: inUnit,
  };
}

export function isOver({ ratio, limit }: Result): boolean {
  return ratio > limit;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
