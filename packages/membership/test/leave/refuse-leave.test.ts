import { expect } from 'chai';
import { NecoError } from '@neco/core';
import type { Member } from '@neco/etcd-admin';
import type { LeaveFacts } from '../../src/leave/facts/leave-facts.ts';
import { arithmeticLines, quorumArithmetic, quorumState } from '../../src/leave/facts/quorum-arithmetic.ts';
import { refuseLeave } from '../../src/leave/facts/refuse-leave.ts';

function member(lrn: number, isLearner = false): Member {
  const host = `10.0.0.${String(lrn)}`;
  const [peerUrls, clientUrls] = [[`https://${host}:2380`], [`https://${host}:2379`]];
  return { id: `m${String(lrn)}`, name: `boot-${String(lrn)}`, peerUrls, clientUrls, isLearner };
}

/** A cluster of these members, of which boot-<leaving> is to go and those named do not answer. */
function facts(members: readonly Member[], leaving: number, silent: readonly string[] = []): LeaveFacts {
  const healthy = new Set(members.map(({ id }) => id).filter((id) => !silent.includes(id)));
  const target = members.find(({ name }) => name === `boot-${String(leaving)}`);
  const isAlive = target !== undefined && healthy.has(target.id);
  return {
    lrn: leaving,
    name: `boot-${String(leaving)}`,
    address: `10.0.0.${String(leaving)}`,
    member: target,
    registration: undefined,
    plan: undefined,
    mode: isAlive ? 'live' : 'dead',
    presence: isAlive ? ['etcd', 'etcd (peers)', 'Vault'] : [],
    members,
    healthy,
    leaderId: 'm0',
    remaining: [],
  };
}

function refusal(found: LeaveFacts, options: { dead?: boolean; force?: boolean } = {}, here = 0): string {
  const arithmetic = quorumArithmetic(found.members, found.healthy, found.member?.id);
  try {
    refuseLeave(found, arithmetic, { dead: false, force: false, ...options }, here);
    return '';
  } catch (error) {
    if (!(error instanceof NecoError)) throw error;
    return `${error.code} (${String(error.exitStatus)}): ${error.message}`;
  }
}

const three = [member(0), member(1), member(2)];

describe('what leave refuses', () => {
  it('knows how many may fail', () => {
    expect([1, 2, 3, 4, 5].map((voters) => quorumState(voters, voters).tolerance)).to.deep.equal([
      0, 0, 1, 1, 2,
    ]);
    expect(quorumState(3, 1).tolerance).to.equal(-1);
    expect(arithmeticLines(quorumArithmetic(three, new Set(['m0', 'm1']), 'm2'))).to.deep.equal([
      'now:   3 voters, 2 healthy, quorum 2, 0 more may fail',
      'after: 2 voters, 2 healthy, quorum 2, 0 more may fail',
    ]);
  });

  it('does not count learners', () => {
    const { now, after } = quorumArithmetic(
      [...three, member(3, true)],
      new Set(['m0', 'm1', 'm2', 'm3']),
      'm3',
    );
    expect(now).to.deep.equal({ voters: 3, healthy: 3, quorum: 2, tolerance: 1 });
    expect(after).to.deep.equal(now);
  });

  it('lets a dead server and a live one go while the rest have a quorum', () => {
    expect(refusal(facts(three, 2, ['m2']))).to.equal('');
    expect(refusal(facts(three, 2))).to.equal('');
    expect(refusal(facts([...three, member(3)], 2, ['m2']))).to.equal('');
  });

  it('refuses with status 4 when the rest would have none', () => {
    const four = [...three, member(3)];
    expect(refusal(facts(four, 2, ['m3', 'm1']))).to.match(
      /^QUORUM_AT_RISK \(4\): without boot-2 .*1 healthy, quorum 2, no quorum/,
    );
    expect(refusal(facts(four, 2, ['m3', 'm1']), { force: true })).to.match(/^QUORUM_AT_RISK/);
    expect(refusal(facts(four, 2, ['m3']))).to.equal('');
  });

  it('goes from two members to one only by force, and never from one to none', () => {
    const two = [member(0), member(2)];
    expect(refusal(facts(two, 2))).to.match(/^QUORUM_AT_RISK \(4\): without boot-2 one member is left/);
    expect(refusal(facts(two, 2), { force: true })).to.equal('');
    expect(refusal(facts([member(2)], 2), { force: true }, 2)).to.match(
      /^QUORUM_AT_RISK \(4\): boot-2 is the last/,
    );
  });

  it('refuses while a learner or a member that never started is there, but lets that very one go', () => {
    expect(refusal(facts([...three, member(3, true)], 2))).to.include('boot-3 is a learner');
    expect(refusal(facts([...three, { ...member(3), name: '' }], 2))).to.include(
      'https://10.0.0.3:2380 is added',
    );
    expect(refusal(facts([...three, member(3, true)], 3))).to.equal('');
  });

  it('refuses a server that should be down, but it answers, or is only partly down', () => {
    expect(refusal(facts(three, 2), { dead: true })).to.include(
      'boot-2 should be down, but it answers: etcd',
    );
    const half = { ...facts(three, 2, ['m2']), presence: ['etcd (peers)', 'Vault'] };
    expect(refusal(half)).to.include('only partly down');
    expect(refusal(half, { force: true })).to.equal('');
    expect(refusal(half, { dead: true, force: true })).to.include('should be down, but it answers');
  });

  it('lets a server go whose etcd does not start, though its Vault answers', () => {
    expect(refusal({ ...facts(three, 2, ['m2']), presence: ['Vault'] })).to.equal('');
  });

  it('does not take out the server it runs on', () => {
    expect(refusal(facts(three, 0))).to.equal('USAGE (2): this is boot-0 itself');
  });
});
