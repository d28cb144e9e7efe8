import { randomInt } from 'node:crypto';

const largestSeed = 2 ** 32;

/** A suite whose title ends so keeps the order of its tests and inner suites: each stands on the one before. */
const inOrder = 'step by step';

/**
 * For mocha's `--require`: runs files, suites and tests in random order. NECO_TEST_SEED repeats an order; without it a
 * new one is taken and printed.
 */
export const mochaHooks = {
  beforeAll(this: Mocha.Context): void {
    const root = this.test?.parent;
    if (root === undefined) return;
    const given = process.env['NECO_TEST_SEED'];
    const seed = given === undefined ? randomInt(largestSeed) : Number(given);
    process.stdout.write(`  order of the tests: NECO_TEST_SEED=${seed}\n`);
    shuffleSuite(root, generator(seed));
  },
};

function shuffleSuite(suite: Mocha.Suite, random: () => number): void {
  for (const inner of suite.suites) shuffleSuite(inner, random);
  if (suite.title.endsWith(inOrder)) return;
  shuffle(suite.tests, random);
  shuffle(suite.suites, random);
}

function shuffle(list: unknown[], random: () => number): void {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32); Math.random cannot be given one. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / largestSeed;
  };
}
