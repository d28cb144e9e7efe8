import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { inTime } from '../src/index.ts';

describe('inTime', () => {
  const never = new Promise<string>(() => undefined);

  it('gives the result of work that ends in time, and its error', async () => {
    expect(await inTime(delay(5, 'done'), { limit: 5000 }, 'late')).to.equal('done');
    const failed = inTime(Promise.reject(new Error('broken')), { limit: 5000 }, 'late');
    expect(await failed.catch((error: unknown) => error)).to.have.property('message', 'broken');
  });

  it('gives something else when the time is over or the signal fires, though it fired before', async () => {
    expect(await inTime(never, { limit: 5 }, 'late')).to.equal('late');
    expect(await inTime(never, { signal: AbortSignal.timeout(5) }, 'late')).to.equal('late');
    expect(await inTime(never, { signal: AbortSignal.abort() }, undefined)).to.equal(undefined);
  });

  it('ignores the error of work that took too long', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    expect(await inTime(promise, { limit: 5 }, 'late')).to.equal('late');
    reject(new Error('broken later'));
    await delay(5); // an unhandled rejection would end the process
  });

  it('gives what arrived in time, though the process was too busy to look', async () => {
    const found = inTime(stat('.'), { limit: 5 }, 'late');
    const end = performance.now() + 50;
    while (performance.now() < end);
    expect(await found).to.not.equal('late');
  });
});
