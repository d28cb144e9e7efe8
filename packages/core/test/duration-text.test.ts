import { durationText } from '@neco/core';
import { expect } from 'chai';

describe('a duration for people', () => {
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
  for (const [milliseconds, text] of [
    [-day, '0 s'],
    [50_400, '50 s'],
    [4 * minute, '4 minutes'],
    [hour + 59 * minute, '119 minutes'],
    [5 * hour + 20 * minute, '5 hours 20 minutes'],
    [2 * day - 1, '47 hours 59 minutes'],
    [2 * day, '2 days'],
    [89.9 * day, '89 days'],
  ] as const)
    it(`of ${String(milliseconds)} ms is ${text}`, () => {
      expect(durationText(milliseconds)).to.equal(text);
    });
});
