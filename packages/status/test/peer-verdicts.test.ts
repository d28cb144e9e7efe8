import { expect } from 'chai';
import { peerVerdicts } from '../src/warnings/peers/peer-verdicts.ts';

const refusal = (refuser: string, refused: string) => ({ refuser, refused, reason: 'unknown ca' });

/** Both of a pair accept each other. */
const friends = (one: string, other: string) => [
  { by: one, whose: other },
  { by: other, whose: one },
];

const judged = (...args: Parameters<typeof peerVerdicts>) =>
  peerVerdicts(...args).map(({ what, server, refusals }) => [what, server, refusals.length]);

describe('who is at fault between etcd members that refuse each other', () => {
  it('is the one that refuses several, by the CA that it trusts', () => {
    const refusals = [refusal('boot-2', 'boot-0'), refusal('boot-2', 'boot-1')];
    expect(judged({ refusals, accepted: [] })).to.deep.equal([['authority', 'boot-2', 2]]);
  });

  it('is the one that several refuse, by its certificate', () => {
    const refusals = [refusal('boot-0', 'boot-2'), refusal('boot-1', 'boot-2')];
    expect(judged({ refusals, accepted: [] })).to.deep.equal([['certificate', 'boot-2', 2]]);
  });

  it('is of one pair that is known the one that gets on with nobody else', () => {
    const accepted = friends('boot-0', 'boot-1');
    expect(judged({ refusals: [refusal('boot-2', 'boot-0')], accepted })).to.deep.equal([
      ['authority', 'boot-2', 1],
    ]);
    expect(judged({ refusals: [refusal('boot-0', 'boot-2')], accepted })).to.deep.equal([
      ['certificate', 'boot-2', 1],
    ]);
  });

  it('is both its CA and its certificate where all refuse it and it refuses all', () => {
    const others = ['boot-0', 'boot-1'];
    const refusals = others.flatMap((name) => [refusal('boot-2', name), refusal(name, 'boot-2')]);
    expect(judged({ refusals, accepted: friends('boot-0', 'boot-1') })).to.deep.equal([
      ['authority', 'boot-2', 2],
      ['certificate', 'boot-2', 2],
    ]);
  });

  it('is unknown between two who know no other', () => {
    expect(judged({ refusals: [refusal('boot-0', 'boot-1')], accepted: [] })).to.deep.equal([
      ['either', 'boot-0', 1],
    ]);
  });
});
