import { expect } from 'chai';
import { longestPause } from '../src/continuous-writer/longest-pause.ts';

describe('the longest pause of the continuous writer', () => {
  const moments = [100, 110, 150, 160, 190];

  it('is the longest time between two answers', () => {
    expect(longestPause(moments, 100, 195)).to.deep.equal({ duration: 40, since: 110 });
  });

  it('is looked for between two moments, with what is only begun or ended there', () => {
    expect(longestPause(moments, 155, 195)).to.deep.equal({ duration: 30, since: 160 });
    expect(longestPause(moments, 120, 195)).to.deep.equal({ duration: 40, since: 110 });
    expect(longestPause(moments, 100, 140)).to.deep.equal({ duration: 40, since: 110 });
  });

  it('counts when no answer comes any more', () => {
    expect(longestPause(moments, 155, 1000)).to.deep.equal({ duration: 810, since: 190 });
    expect(longestPause([], 5, 1000)).to.deep.equal({ duration: 995, since: 5 });
  });
});
