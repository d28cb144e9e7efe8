import { recordKinds, type LeavePlan, type RecordState } from '@neco/bootserver-registry';
import { Backoff, messageOf, NecoError } from '@neco/core';
import { urlAddress } from '@neco/etcd-admin';
import { fetchRevocations, ownFirst, paths, putRevocations, restartInTurn } from '@neco/cluster-access';
import {
  ChangingMessages,
  createWorkerContext,
  type Duty,
  readVaultCa,
  runDuties,
  type WorkerContext,
  type WorkerDuty,
  type WorkerConnection,
  type WorkerSelf,
} from '@neco/daemon';
import { answerTrust } from '../leave/compromised/ask-trust.ts';
import { awaitNoMore } from '../leave/records/awaited-servers.ts';
import { backedUpLrn, backupFiles } from '../leave/records/backup-path.ts';
import { cutOff, cutSockets } from '../leave/this-server/cut-off.ts';
import { withDutyLock } from '../leave/this-server/duty-lock.ts';
import { forgetEndpoint } from '../leave/this-server/forget-endpoint.ts';
import { leftAdvice, readLeftRecord, type LeftRecord } from '../leave/records/left-record.ts';
import { acknowledge, afterCut, readOwnPart } from '../leave/records/leave-plan.ts';
import { isRevoked } from './own-revocation.ts';
import { stopForGood } from './stop-for-good.ts';

/** Certificates are read again so often, in ms. */
const renewal = 60 * 60 * 1000;

/** Pauses between two tries to fetch the revocation lists, in ms. */
const listPauses = { first: 1000, longest: 30_000 } as const;

/** A watch that lasted so long, in ms, and is interrupted, is begun again without a word: each leave closes it once. */
const settled = 1000;

/** What came of a round of a leave here. */
interface WorkedOff {
  round: string;
  /** Connections of the server that left which are still open. */
  connections: number;
}

/** What is at hand while this server follows. */
interface Following {
  context: WorkerContext;
  self: WorkerSelf;
  connection: WorkerConnection;
  /** The last round of each leave that was worked off here. */
  rounds: Map<number, WorkedOff>;
  /** The last order of each leave to cut what is open, that was followed. */
  cuts: Map<number, string>;
  /** The last question of each leave, which CAs are trusted here, that was answered. */
  answered: Map<number, string>;
  /** The last request to put revocation lists in place, without a leave, that was followed. */
  lists: { round: string | undefined };
}

/**
 * What `neco leave` needs on every boot server: the new revocation lists in place and the connections of who left cut, and
 * on the server that leaves, etcd and Vault stopped for good. A server that was dead when it was removed finds its own
 * certificates revoked.
 */
export const followLeaves: WorkerDuty = {
  name: 'follow-leaves',
  async run(context, signal) {
    const self = await context.self();
    const memory = {
      rounds: new Map<number, WorkedOff>(),
      cuts: new Map<number, string>(),
      answered: new Map<number, string>(),
      lists: { round: undefined },
    };
    while (!signal.aborted) {
      const left = await readLeftRecord(context.host);
      if (left !== undefined) {
        sayLeft(context, self, left);
        return;
      }
      const begun = performance.now();
      try {
        await watchLeaves(context, self, memory, signal);
      } catch (thrown) {
        const isBrief = performance.now() - begun < settled;
        const isPassing = thrown instanceof NecoError && thrown.retryable && !isBrief;
        if (!(await wasRemoved(context, self)) && !isPassing) throw thrown;
      }
    }
  },
};

/** The same for neco-updater, which runs where neco-worker was never started. */
export const followLeavesAlone: Duty = ({ configuration, reporter, signal }) =>
  runDuties([followLeaves], createWorkerContext(configuration, reporter), signal);

async function watchLeaves(
  context: WorkerContext,
  self: WorkerSelf,
  memory: Pick<Following, 'rounds' | 'cuts' | 'answered' | 'lists'>,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  using connection = await context.connect();
  let trouble: NecoError | undefined;
  // A server that is to leave must see that also when no Vault gives the lists.
  void renewListsOnce(context, connection, AbortSignal.any([signal, ended.signal]));
  const watch = connection.registry.leaves.watch({
    signal: AbortSignal.any([signal, ended.signal, AbortSignal.timeout(renewal)]),
    // What keeps it from etcd may be that it was removed.
    onInterruption: (error) => {
      trouble = error;
      ended.abort();
    },
  });
  try {
    for await (const state of watch) await workOff({ context, self, connection, ...memory }, state);
  } finally {
    ended.abort();
  }
  if (trouble !== undefined) throw trouble;
}

async function workOff(following: Following, state: RecordState): Promise<void> {
  const { self, connection, rounds } = following;
  await answer(following, state);
  await rejectOnRequest(following, state);
  for (const { record: plan } of state.entries(recordKinds.leavePlans)) {
    const { lrn, step, round, mode } = plan;
    if (lrn === self.lrn) {
      if (mode === 'dead') continue;
      if (step === 'begun') await stopOwnVault(following, plan);
      else if (state.get(recordKinds.leaveStops, lrn) === undefined) await stopThisServer(following);
    } else if (round === undefined) {
      await cutBefore(following, plan);
    } else {
      if (rounds.get(lrn)?.round !== round) {
        const done = await refuse(following, plan, round);
        if (done === undefined) continue;
        rounds.set(lrn, done);
      }
      // The command has not waited for this server, which did not answer: the leave ends with it.
      if (
        state.get(recordKinds.leaveAwaits, lrn, self.lrn) !== undefined &&
        rounds.get(lrn)?.connections === 0
      )
        await awaitNoMore(connection.registry, lrn, self.lrn);
    }
  }
  await removeLeftBackups(following);
}

/** A compromised server has left: who asks wants to know whether this one still trusts the CAs that it knew. */
async function answer({ context, self, connection, answered }: Following, state: RecordState): Promise<void> {
  for (const [lrn] of state.keys(recordKinds.trustQuestions)) {
    const question = { state, lrn, by: self.lrn, last: answered.get(lrn) };
    const round = await answerTrust(context.host, connection.registry, question);
    if (round !== undefined) answered.set(lrn, round);
  }
}

/**
 * Certificates were revoked, though no server leaves: an application is removed, or a server has joined again. What was open with them
 * ends as in a leave.
 */
async function rejectOnRequest(following: Following, state: RecordState): Promise<void> {
  const { context, self, connection, lists } = following;
  const round = state.get(recordKinds.revocations)?.round;
  if (round === undefined || round === lists.round) return;
  const { host, reporter } = context;
  const own = connection.registry.rejections.at(self.lrn);
  await withDutyLock(context, async () => {
    // The other daemon of this server may have done it while this one waited, or this one before it was restarted.
    const done = await own.get();
    if (done?.round === round && done.connections === 0) return;
    await renewLists(context, connection);
    const connections = await cutOff(host, {
      reporter,
      inTurn: (restart) => restartInTurn(connection.registry, self.name, restart),
    });
    await afterCut(() => own.put({ version: 1, round, connections }));
  });
  lists.round = round;
}

/** The backup of a leave that was killed here and ended from another server: it holds all that etcd holds. */
async function removeLeftBackups({ context, connection }: Following): Promise<void> {
  for (const name of (await context.host.list(paths.state)) ?? []) {
    const lrn = backedUpLrn(name);
    // Asked after the file was seen: the plan is noted before it is made.
    if (lrn === undefined || (await connection.registry.leavePlans.at(lrn).get()) !== undefined) continue;
    for (const file of backupFiles(lrn)) await context.host.removeFile(file);
  }
}

/** A dead server is to leave: this one holds nothing open to it when its member goes. */
async function cutBefore(
  { context, self, connection, cuts }: Following,
  { lrn, cut, mode, step, address }: LeavePlan,
): Promise<void> {
  if (cut === undefined || mode !== 'dead' || step !== 'begun' || cuts.get(lrn) === cut) return;
  const { left } = await cutSockets(context.host, { remoteAddress: address }, context.reporter);
  await acknowledge(connection.registry, lrn, { part: 'cut', by: self.lrn, round: cut, connections: left });
  cuts.set(lrn, cut);
}

/** This server stays: another is to get in no more. @returns nothing when that round is over by now. */
async function refuse(
  following: Following,
  { lrn }: LeavePlan,
  round: string,
): Promise<WorkedOff | undefined> {
  const {
    context,
    self,
    connection: { registry },
  } = following;
  return withDutyLock(context, async () => {
    // Somebody else on this server may have done it while this one waited, or the leave may have ended.
    const own = { by: self.lrn, round };
    const { plan, acknowledgement } = await readOwnPart(registry, lrn, own);
    const isOver = plan?.round !== round;
    const isDone = acknowledgement?.connections === 0;
    const connections = isOver || isDone ? 0 : await cutOffHere(following, plan, round);
    await forgetEndpoint(context.host, registry, self.address);
    return isOver ? undefined : { round, connections };
  });
}

/** @returns how many connections of it are open still. */
async function cutOffHere(
  { context, self, connection }: Following,
  plan: LeavePlan,
  round: string,
): Promise<number> {
  const { host, reporter } = context;
  await renewLists(context, connection);
  const connections = await cutOff(host, {
    address: plan.address,
    strange: plan.compromised === true,
    reporter,
    inTurn: (restart) => restartInTurn(connection.registry, self.name, restart),
  });
  await acknowledge(connection.registry, plan.lrn, { part: 'lists', by: self.lrn, round, connections });
  reporter.info(`${plan.name} has left; this server rejects its certificates`);
  return connections;
}

/** This server leaves, and is still a member of etcd: its Vault stops while it can reach its data. */
async function stopOwnVault(
  { context, self, connection, cuts }: Following,
  { cut, vaultStops }: LeavePlan,
): Promise<void> {
  if (vaultStops !== true || cut === undefined || cuts.get(self.lrn) === cut) return;
  await withDutyLock(context, () => context.host.stopUnit('vault.service'));
  const done = { part: 'cut', by: self.lrn, round: cut, connections: 0 } as const;
  await acknowledge(connection.registry, self.lrn, done);
  cuts.set(self.lrn, cut);
}

/** This server leaves, and was told so. */
async function stopThisServer({ context, self, connection }: Following): Promise<void> {
  await withDutyLock(context, async () => {
    const left = await stopForGood(context.host, { removed: true });
    const { lrn } = self;
    await connection.registry.leaveStops
      .at(lrn)
      .putWhile(connection.registry.leavePlans.at(lrn), { version: 1, at: left.at });
    sayLeft(context, self, left);
  });
}

/** Tries until the lists are in place, and says why they are not. */
async function renewListsOnce(
  context: WorkerContext,
  connection: WorkerConnection,
  signal: AbortSignal,
): Promise<void> {
  const messages = new ChangingMessages(context.reporter);
  const backoff = new Backoff(listPauses);
  while (!signal.aborted) {
    const isDone = await renewLists(context, connection).then(
      () => true,
      (error: unknown) => {
        if (!signal.aborted) messages.warn(`follow-leaves: ${messageOf(error)}`);
        return false;
      },
    );
    if (isDone) return;
    await backoff.pause(signal);
  }
}

async function renewLists(context: WorkerContext, { registry }: WorkerConnection): Promise<void> {
  const { host, configuration } = context;
  const [servers, ca, { address: own }] = await Promise.all([
    registry.bootServers.list(),
    readVaultCa(configuration),
    context.self(),
  ]);
  const addresses = servers.map(({ address }) => address);
  await putRevocations(host, await fetchRevocations(ownFirst(addresses, own), ca));
}

/** This server was removed while it was dead, and finds so by its certificates. */
async function wasRemoved(context: WorkerContext, { address }: WorkerSelf): Promise<boolean> {
  const { host, configuration } = context;
  const others = configuration.etcd.endpoints
    .map(urlAddress)
    .filter((other) => other !== '' && other !== address);
  const ca = await readVaultCa(configuration);
  if (!(await isRevoked(host, others, ca).catch(() => false))) return false;
  await withDutyLock(context, async () => {
    await stopForGood(host, { removed: false });
  });
  return true;
}

function sayLeft({ reporter }: WorkerContext, { name }: WorkerSelf, left: LeftRecord): void {
  const { message, hint } = leftAdvice(name, left);
  reporter.warn(`${message}; ${hint}`);
}
