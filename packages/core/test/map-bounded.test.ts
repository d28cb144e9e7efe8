import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { mapBounded } from '../src/index.ts';

describe('work on many items, a few at a time', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);

  it('is done on no more than so many at once, and its results come in the order of the items', async () => {
    let [running, most] = [0, 0];
    const results = await mapBounded(items, 4, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await delay(item % 3);
      running -= 1;
      return item * 2;
    });
    expect(most).to.equal(4);
    expect(results).to.deep.equal(items.map((item) => item * 2));
    expect(await mapBounded([], 4, () => Promise.resolve(1))).to.deep.equal([]);
  });

  it('is begun on none any more when one fails', async () => {
    const begun: number[] = [];
    const error: unknown = await mapBounded(items, 2, async (item) => {
      begun.push(item);
      await delay(1);
      if (item === 3) throw new Error('no');
    }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'no');
    await delay(20);
    expect(begun.length).to.be.lessThan(7);
  });
});
