import { isOver, type Result, type Sample } from './results.ts';

const heads = ['figure', 'ours', 'reference', 'ratio', 'limit', ''];

/** The results for reading: medians or means, in brackets the smallest and the largest, and what is over its limit. */
export function resultTable(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    spread(result, 'ours'),
    spread(result, 'reference'),
    result.ratio.toFixed(2),
    result.limit.toFixed(2),
    isOver(result) ? 'over its limit' : 'ok',
  ]);
  const table = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function spread(result: Result, side: keyof Sample): string {
  const values = result.samples.map((sample) => sample[side]);
  const digits = result.unit === 's' ? 2 : 1;
  const [low, high] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)];
  return `${result[side].toFixed(digits)} ${result.unit} (${low}–${high})`;
}
