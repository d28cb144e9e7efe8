import { Backoff, sleep } from '@neco/core';
import { expect } from 'chai';

describe('a backoff', () => {
  it('doubles its pauses up to the longest, and begins with the first again after progress', async () => {
    const backoff = new Backoff({ first: 1, longest: 5 });
    const lengths: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      lengths.push(backoff.next);
      await backoff.pause();
    }
    backoff.reset();
    lengths.push(backoff.next);
    expect(lengths).to.deep.equal([1, 2, 4, 5, 5, 1]);
  });

  it('never pauses for longer than the longest, even when the first is longer', () => {
    expect(new Backoff({ first: 100, longest: 10 }).next).to.equal(10);
  });

  it('pauses for as long as it says', async () => {
    const start = performance.now();
    await new Backoff({ first: 50, longest: 50 }).pause();
    expect(performance.now() - start).to.be.within(45, 500);
  });

  it('ends its pause without an error when the signal fires or has fired', async () => {
    const start = performance.now();
    const backoff = new Backoff({ first: 60_000, longest: 60_000 });
    await backoff.pause(AbortSignal.abort());
    await backoff.pause(AbortSignal.timeout(10));
    await sleep(60_000, AbortSignal.timeout(10));
    expect(performance.now() - start).to.be.lessThan(1000);
  });

  it('ends its pause at the limit of the caller', async () => {
    const start = performance.now();
    await new Backoff({ first: 60_000, longest: 60_000 }).pause(undefined, 10);
    expect(performance.now() - start).to.be.lessThan(1000);
  });
});
