import { removeCorruptCommand } from '@neco/cluster-access';
import { NecoError, waitFor, type Phase } from '@neco/core';
import type { MemberAlarm } from '@neco/etcd-admin';
import type { HostWriter } from '@neco/host-installer';
import { quorumState, describeQuorum } from '../leave/facts/quorum-arithmetic.ts';
import {
  proveWrites,
  refuseLoss,
  restoreAccess,
  rootOf,
  rootOpening,
  waitForSelf,
  type RootContext,
  type RootView,
} from '../space/root-phases.ts';
import { TemporaryRoot } from '../space/temporary-root.ts';
import { askWitnesses, type VotingWitness } from './ask-witnesses.ts';
import { namesOf, refuseUndecided, wrongOf, type Finding } from './find-wrong.ts';

/** How long a member is waited for that compacts its history, in ms. */
const patience = 15_000;

/** What a phase may look at. */
export interface CorruptView extends RootView {
  /** What was seen before anything changed. */
  readonly before: Finding;
  /** LRNs of servers whose data the administrator calls wrong, because no majority agrees. */
  readonly named: readonly number[];
}

/** What a phase works with. */
export interface CorruptContext extends CorruptView, RootContext {
  readonly host: HostWriter;
  /** Asks whether to remove those members. @throws NecoError CANCELLED when not */
  readonly agree: (finding: Finding) => Promise<void>;
  /** What was seen once all could be asked. */
  found: Finding | undefined;
}

type CorruptPhase = Phase<CorruptView, CorruptContext>;

const openRoot: CorruptPhase = {
  ...rootOpening,
  isDone: () => Promise.resolve(false),
  async run(context) {
    const { host, address, signal, before, name } = context;
    // One that does not run, because it refuses to start beside wrong data, costs no quorum.
    if (before.voters.some((voter) => voter.name === name && voter.answers)) await refuseLoss(context);
    context.root ??= await TemporaryRoot.open(host, address, signal);
    await waitForSelf(context);
  },
};

const compare: CorruptPhase = {
  id: 'compare',
  title: 'Compare the data of all etcd members',
  isDone: ({ before: { wrong, right } }) => Promise.resolve(right.length > 0 && wrong.length === 0),
  plan: ({ before: { right, wrong } }) => [
    right.length === 0
      ? 'compare the data of all members'
      : `${namesOf(wrong)}: other data than ${namesOf(right)}`,
  ],
  async run(context) {
    const { named, reporter, name } = context;
    const found = wrongOf(await allWitnesses(context), await alarmsOf(context), named);
    refuseUndecided(found, name);
    context.found = found;
    if (found.wrong.length === 0) return;
    reporter.info(`the etcd data of ${namesOf(found.wrong)} differs from that of ${namesOf(found.right)}`);
    await context.agree(found);
  },
};

/** Those that answer are all asked, and a compaction that is under way somewhere is waited for. */
async function allWitnesses({ host, etcd, signal, reporter }: CorruptContext): Promise<VotingWitness[]> {
  let last: VotingWitness[] = [];
  await waitFor(
    async () => {
      last = await askWitnesses(host, etcd);
      const answering = last.filter(({ answers }) => answers);
      const starts = new Set(answering.map(({ data }) => data?.compactRevision));
      if (starts.size === 1 && !starts.has(undefined)) return { done: true, value: undefined };
      return { done: false, seen: `the history of ${namesOf(answering)} begins at different revisions` };
    },
    {
      what: 'the etcd members to have the same history',
      timeout: patience,
      signal,
      onState: (text) => {
        reporter.state(text);
      },
    },
  ).catch(() => undefined);
  return last;
}

const removeMembers: CorruptPhase = {
  id: 'remove-members',
  title: 'Remove the etcd members whose data differs',
  isDone: ({ before: { wrong, right } }) => Promise.resolve(right.length > 0 && wrong.length === 0),
  plan: ({ before: { wrong } }) => wrong.map(({ name }) => `remove the etcd member of ${name}`),
  async run(context) {
    const { reporter, found } = context;
    for (const { member, name } of found?.wrong ?? []) {
      await refuseQuorumLoss(context, name);
      await rootOf(context).removeMember(member.id);
      reporter.info(`removed the etcd member of ${name}`);
    }
  },
};

async function refuseQuorumLoss({ etcd, host }: CorruptContext, name: string): Promise<void> {
  const voters = (await askWitnesses(host, etcd)).filter((voter) => voter.name !== name);
  const silent = voters.filter(({ answers }) => !answers);
  const after = quorumState(voters.length, voters.length - silent.length);
  if (after.tolerance >= 0) return;
  throw new NecoError(
    'QUORUM_AT_RISK',
    `without ${name} etcd would have no quorum: ${describeQuorum(after)}`,
    {
      hint: `start etcd on ${namesOf(silent)} first: systemctl start --no-block etcd; where it does not start beside wrong data, run there: ${removeCorruptCommand}`,
    },
  );
}

const disarm: CorruptPhase = {
  id: 'disarm',
  title: 'End the alarm',
  isDone: async ({ etcd }) => (await etcd.alarms()).every(({ alarm }) => alarm !== 'CORRUPT'),
  plan: () => ['end the alarm CORRUPT'],
  async run(context) {
    await rootOf(context).disarm(await alarmsOf(context), { endpoint: context.endpoint });
  },
};

async function alarmsOf({ etcd }: CorruptView): Promise<MemberAlarm[]> {
  return (await etcd.alarms()).filter(({ alarm }) => alarm === 'CORRUPT');
}

const proveData: CorruptPhase = {
  id: 'prove-data',
  title: 'Prove that the data of all members is the same',
  isDone: () => Promise.resolve(false),
  plan: () => ['nothing: it only checks'],
  async run(context) {
    const found = wrongOf(await allWitnesses(context), [], []);
    refuseUndecided(found, context.name);
    if (found.wrong.length === 0) return;
    throw new NecoError('VERIFICATION_FAILED', `the data of ${namesOf(found.wrong)} still differs`, {
      hint: `run again: ${removeCorruptCommand}`,
    });
  },
};

/** `neco etcd remove-corrupt`, in order. */
export const corruptPhases: readonly CorruptPhase[] = [
  openRoot,
  compare,
  removeMembers,
  disarm,
  restoreAccess,
  proveData,
  proveWrites,
];
