import { NecoError } from '@neco/core';
import type { LeaveFacts } from './leave-facts.ts';
import type { LeaveOptions } from '../leave-options.ts';
import { describeQuorum, type QuorumArithmetic } from './quorum-arithmetic.ts';

/**
 * Refuses what would cost the cluster its quorum, or what rests on a mistake.
 * @param here LRN of the server on which the command runs.
 * @throws NecoError QUORUM_AT_RISK, USAGE
 */
export function refuseLeave(
  facts: LeaveFacts,
  { now, after }: QuorumArithmetic,
  options: Pick<LeaveOptions, 'dead' | 'force'>,
  here: number,
): void {
  const { name, lrn, member } = facts;
  if (member !== undefined && after.voters === 0) {
    throw refused(
      `${name} is the last boot server; without it there is no cluster`,
      'switch the server off instead, if its data is no longer needed',
    );
  }
  if (lrn === here) {
    throw new NecoError('USAGE', `this is ${name} itself`, {
      hint: `run it on another boot server: ${others(facts)}`,
    });
  }
  refuseInFlight(facts);
  refuseHalfDead(facts, options);
  if (member === undefined) return;
  if (after.tolerance < 0) {
    throw refused(
      `without ${name} etcd would have no quorum: ${describeQuorum(after)} (now ${describeQuorum(now)})`,
      `first bring back the servers that do not answer: ${silent(facts)}`,
    );
  }
  if (after.voters === 1 && !member.isLearner && !options.force) {
    throw refused(
      `without ${name} one member is left, and its failure would lose the data`,
      'add another server first ("neco ca-hash" prints the join command), or use --force, which loses all data in etcd if that one server fails',
    );
  }
}

/** One change of members at a time. */
function refuseInFlight({ members, member, remaining }: LeaveFacts): void {
  const other = members.find((one) => one.id !== member?.id && (one.isLearner || one.name === ''));
  if (other === undefined) return;
  const its = remaining.find((server) => server.member?.id === other.id);
  const who = its?.name ?? (other.name === '' ? (other.peerUrls[0] ?? other.id) : other.name);
  const away = its === undefined ? '' : ` (neco leave ${String(its.lrn)})`;
  throw refused(
    `another change is in progress: ${who} is ${other.isLearner ? 'a learner' : 'added'} and does not vote yet`,
    `wait until it is finished, or remove that server first${away}`,
  );
}

/** A server of which some part answers would continue with what it has. */
function refuseHalfDead(
  { name, mode, presence, plan, member }: LeaveFacts,
  { dead, force }: Pick<LeaveOptions, 'dead' | 'force'>,
): void {
  const answers = presence.join(', ');
  if (dead && presence.length > 0 && (plan === undefined || plan.mode === 'dead')) {
    throw refused(
      `${name} should be down, but it answers: ${answers}`,
      'omit --dead to remove it as a running server, or switch it off',
    );
  }
  // One whose etcd cannot start, as with a broken database, is dead for etcd; its daemons find its certificates revoked.
  const isUp = presence.some((service) => service.startsWith('etcd'));
  if (mode === 'dead' && plan === undefined && member !== undefined && isUp && !force) {
    throw refused(
      `${name} is only partly down: its etcd does not answer, but it accepts connections (${answers})`,
      `start etcd there (on ${name}: "systemctl start --no-block etcd"), switch it off, or use --force; what still runs there then keeps running until its certificates are rejected`,
    );
  }
}

function silent({ members, healthy, member }: LeaveFacts): string {
  const names = members.filter(({ id }) => !healthy.has(id) && id !== member?.id).map(({ name }) => name);
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function others({ remaining }: LeaveFacts): string {
  return remaining.map(({ name }) => name).join(', ');
}

function refused(message: string, hint: string): NecoError {
  return new NecoError('QUORUM_AT_RISK', message, { hint });
}
