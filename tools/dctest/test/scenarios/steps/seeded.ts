/** The seed by which this run chooses its part of the scenarios; it changes with the commit. */
export const partSeed = Number(process.env['NECO_TEST_PART_SEED'] ?? '1');

/** Whether all scenarios run, not only a part. */
export const runsAll = process.env['NECO_TEST_ALL'] === '1';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many of the list, chosen by the seed, in the order of the list; all of them when all scenarios run. */
export function partOf<T>(list: readonly T[], count: number, random: () => number): T[] {
  if (runsAll) return [...list];
  const chosen = list
    .map((item, index) => ({ item, index, rank: random() }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count);
  return chosen.sort((one, other) => one.index - other.index).map(({ item }) => item);
}

/** Tests of which each commit runs a part, and `npm run test:all` all. */
export class TestsInPart {
  readonly #tests: [what: string, run: () => Promise<void>][] = [];

  /** As mocha's `it`. */
  readonly it = (what: string, run: () => Promise<void>): void => {
    this.#tests.push([what, run]);
  };

  /** Hands so many of them to mocha. */
  choose(count: number, random: () => number): void {
    for (const [what, run] of partOf(this.#tests, count, random)) it(what, run);
  }
}
