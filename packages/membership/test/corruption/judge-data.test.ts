import { expect } from 'chai';
import { isDivided, judgeData, type Witness } from '../../src/corruption/judge-data.ts';

const data = (hash: number, compactRevision = 1): Witness['data'] => ({
  hash,
  revision: '9',
  compactRevision,
});
const voters = (...hashes: Witness['data'][]): Witness[] =>
  hashes.map((one, index) => ({ name: `boot-${index}`, data: one }));
const names = (those: readonly Witness[]): string => those.map(({ name }) => name).join(' ');

describe('whose data is right', () => {
  it('is that of a majority of all voters, not of those that answer', () => {
    const clear = judgeData(voters(data(1), data(1), data(2)));
    expect([names(clear.right), names(clear.wrong)]).to.deep.equal(['boot-0 boot-1', 'boot-2']);
    const split = judgeData(voters(data(1), data(2), undefined));
    expect([split.right, split.wrong, names(split.unknown)]).to.deep.equal([[], [], 'boot-2']);
    expect(isDivided(split)).to.equal(true);
  });

  it('is nobody’s while too few answer, though those that do agree', () => {
    const alone = judgeData(voters(data(1), undefined, undefined));
    expect([alone.right, isDivided(alone)]).to.deep.equal([[], false]);
  });

  it('accuses no member whose history begins at another revision', () => {
    const verdict = judgeData(voters(data(1), data(1), data(7, 4)));
    expect([verdict.wrong, names(verdict.unknown), isDivided(verdict)]).to.deep.equal([[], 'boot-2', false]);
  });
});
