import { figures } from './figures.ts';
import type { Result } from './results.ts';

/** What a result that is over its limit has to be told of: by how much, or by what time. */
export function excessOf({ name, ours, reference, unit, ratio, limit }: Result): string {
  return 'most' in figures[name]
    ? `${name} takes ${ours} ${unit}, more than ${reference} ${unit}`
    : `${name} takes ${ratio.toFixed(2)} times its reference, more than ${limit}`;
}
