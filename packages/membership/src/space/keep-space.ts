import {
  ClusterAccess,
  completeEtcdConfiguration,
  etcdEndpoint,
  restartInTurn,
  serversOf,
} from '@neco/cluster-access';
import { NecoError, sleep } from '@neco/core';
import type { WorkerConnection, WorkerContext, WorkerDuty, WorkerSelf } from '@neco/daemon';
import type { MemberStatus } from '@neco/etcd-admin';
import { lockHost } from '@neco/host-installer';
import { etcdQuota, isShrinkable, megabytes, shares, spaceDue, type MemberSize } from './database-size.ts';
import { answering, memberSizes, type SizedMember } from './member-sizes.ts';
import { closeTemporaryRoot, hasTemporaryRoot } from './temporary-root.ts';

/** Between two looks at this server's own member, in ms; while something is done about it, the next member waits for its turn. */
const pauses = { regular: 30_000, busy: 3000 } as const;

/** What is younger stays when there is time, in looks: a watch that was interrupted resumes from there. */
const keptLooks = 10;

/** A compaction that made no room is not repeated at once, in ms: the data itself is large then. */
const compactionPause = 5 * 60_000;

interface Keeping {
  context: WorkerContext;
  self: WorkerSelf;
  connection: WorkerConnection;
  signal: AbortSignal;
}

/** What one look leaves for the next. */
interface Memory {
  /** Revisions seen, the oldest first. */
  revisions: string[];
  /** By `performance.now()`. */
  compacted: number;
  /** The restarts of this member at a revision of a full etcd: how many, and when the last one ended by `performance.now()`. */
  restarted?: { revision: string; times: number; at: number };
}

/**
 * A member removes compacted history in the background, and only a start after that makes its file smaller: one that was too early
 * is repeated after so many ms, so many times.
 */
const repetition = { pause: 15_000, times: 3 } as const;

/** A full etcd still ends leases, each of which counts as a change: a compaction so many revisions ago is one of now. */
const changesOfFull = 32n;

/**
 * Keeps the etcd of this server below its quota: drops history and has the member defragment its database, which it does when it
 * starts and nobody needs the role root for. One member at a time, the leader last. When etcd is full already and takes no lock, the lowest LRN that can become
 * smaller comes first; `neco etcd recover-space` then ends the alarm.
 */
export const keepSpace: WorkerDuty = {
  name: 'keep-space',
  async run(context, signal) {
    if (await completeEtcdConfiguration(context.host))
      context.reporter.info('completed /etc/etcd/etcd.yml; etcd uses it from its next start on');
    await endTemporaryRoot(context);
    const self = await context.self();
    using connection = await context.connect();
    const memory: Memory = { revisions: [], compacted: -Infinity };
    while (!signal.aborted) {
      const busy = await look({ context, self, connection, signal }, memory);
      await sleep(busy ? pauses.busy : pauses.regular * (0.9 + Math.random() / 5), signal);
    }
  },
};

/** @returns whether something is done about the size */
async function look(keeping: Keeping, memory: Memory): Promise<boolean> {
  const { context, self, connection } = keeping;
  const own = await connection.etcd.status(etcdEndpoint(self.address));
  const quota = await etcdQuota(context.host);
  if (own.errors.some((error) => error.includes('NOSPACE'))) {
    await shrinkFull(keeping, memory, { own, quota });
    return true;
  }
  const due = spaceDue(own, quota);
  memory.revisions = [...memory.revisions, own.revision].slice(-keptLooks);
  if (due === 'defragment') {
    await defragment(
      keeping,
      (restart) => restartInTurn(connection.registry, self.name, restart),
      isShrinkable,
    );
    return true;
  }
  if (due === 'compact all') return await compact(keeping, own.revision, memory);
  const [oldest = own.revision] = memory.revisions;
  if (due === 'compact old' && memory.revisions.length === keptLooks)
    return await compact(keeping, oldest, memory);
  return false;
}

/**
 * A full etcd takes no lock, and its members do not notice what a compaction freed: each restarts after it. Only
 * `neco etcd recover-space` can compact then, because nobody can log in to Vault.
 */
async function shrinkFull(
  keeping: Keeping,
  memory: Memory,
  { own, quota }: { own: MemberStatus; quota: number },
): Promise<void> {
  const { connection, self } = keeping;
  const isLarge = ({ dbSize }: MemberSize): boolean => dbSize >= quota * shares.full;
  if (!isLarge(own) || !mayRestart(memory.restarted, own.revision)) return;
  const endpoint = etcdEndpoint(self.address);
  const key = connection.registry.bootServers.folder;
  const since = BigInt(own.revision) - changesOfFull;
  if (since < 1n || !(await connection.etcd.isCompacted(String(since), key, { endpoint }))) return;
  const restarted = await defragment(keeping, (restart) => restart(), isLarge);
  if (!restarted) return;
  const times = memory.restarted?.revision === own.revision ? memory.restarted.times + 1 : 1;
  memory.restarted = { revision: own.revision, times, at: performance.now() };
}

function mayRestart(last: Memory['restarted'], revision: string): boolean {
  if (last === undefined) return true;
  if (performance.now() - last.at < repetition.pause) return false;
  return last.revision !== revision || last.times < repetition.times;
}

/** @returns whether it was done: one that made no room is not repeated at once */
async function compact(
  { context, self, connection, signal }: Keeping,
  revision: string,
  memory: Memory,
): Promise<boolean> {
  if (performance.now() - memory.compacted < compactionPause) return false;
  memory.compacted = performance.now();
  const { host, reporter } = context;
  const servers = await serversOf({ ...self, ...connection });
  const root = await ClusterAccess.open({ as: 'root', ...self, host, servers, reporter, signal });
  try {
    await root.compact(revision);
  } finally {
    root.close();
  }
  reporter.info(`etcd comes close to its quota: dropped its history up to revision ${revision}`);
  return true;
}

/**
 * A restart, when it is this member's turn. Whoever is not next looks again later.
 * @param inTurn runs the restart while no other server restarts its etcd
 * @param isDue which members are to be restarted
 * @returns whether it was
 */
async function defragment(
  { context: { host, reporter }, self, connection, signal }: Keeping,
  inTurn: (restart: () => Promise<void>) => Promise<void>,
  isDue: (size: MemberSize) => boolean,
): Promise<boolean> {
  const lock = await lockHost('operation', { what: 'neco-worker (keep-space)' }).catch((error: unknown) => {
    if (error instanceof NecoError && error.code === 'BUSY') return undefined;
    throw error;
  });
  if (lock === undefined) return false;
  await using _lock = lock;
  const { etcd } = connection;
  let restarted = false;
  await inTurn(async () => {
    const sizes = await memberSizes(etcd);
    if (!isNext(sizes, self.name, isDue)) return;
    const before = answering(sizes).find(({ member }) => member.name === self.name)?.status.dbSize ?? 0;
    await completeEtcdConfiguration(host);
    reporter.info(
      `the database of ${self.name} has ${megabytes(before)}; restarting etcd, which makes it smaller`,
    );
    await host.restartUnit('etcd.service', { block: true, signal });
    restarted = true;
    const after = await etcd.status(etcdEndpoint(self.address));
    reporter.info(`the database of ${self.name} has ${megabytes(after.dbSize)} now`);
  });
  return restarted;
}

/**
 * Whether this member may restart now: all answer, so that the rest is a quorum, and no other comes before it. The leader comes
 * last, and of the others the lowest LRN first.
 */
export function isNext(
  sizes: readonly SizedMember[],
  name: string,
  isDue: (size: MemberSize) => boolean,
): boolean {
  const members = answering(sizes);
  if (members.length < sizes.length) return false;
  const due = members.filter(({ status }) => isDue(status));
  const followers = due.filter(({ status }) => status.leader !== status.id);
  return (followers[0] ?? due[0])?.member.name === name;
}

/** What a killed `neco etcd recover-space` or `remove-corrupt` has left. */
async function endTemporaryRoot({ host, reporter }: WorkerContext): Promise<void> {
  if (!(await hasTemporaryRoot(host))) return;
  await using _lock = await lockHost('operation', { what: 'neco-worker (keep-space)' });
  await closeTemporaryRoot(host);
  reporter.info('ended the access that an interrupted neco etcd command has left');
}
