import { ContinuousWriter } from '../../../dctest/src/continuous-writer/continuous-writer.ts';
import type { FigureName } from '../figures.ts';
import { figures } from '../figures.ts';
import type { Sample } from '../results.ts';
import type { RunSettings } from '../run-settings.ts';
import type { ChangingCluster } from './changing-cluster.ts';
import { clear, die, join, leave } from './join-and-leave.ts';
import { joinByHand } from './join-by-hand.ts';
import { measureApplications } from './measure-applications.ts';

/** A run on a cluster that stands. */
export interface ChangesRun extends RunSettings {
  readonly cluster: ChangingCluster;
}

/** Measures what is wanted of servers that come and go once, on a cluster of three that is one of three again at the end. */
export async function membersRun(run: ChangesRun): Promise<Map<FigureName, Sample>> {
  const samples = new Map<FigureName, Sample>();
  if (has(run, 'join', 'leave')) await alone(run, samples);
  if (has(run, 'writer-pause-join', 'writer-pause-leave')) await withWriter(run, samples);
  return wantedOf(run, samples);
}

/**
 * The same of applications. After those of servers, not between them: etcd's root is certified for each, and a leave revokes
 * all that was certified for root in the last ten minutes.
 */
export async function applicationsRun(run: ChangesRun): Promise<Map<FigureName, Sample>> {
  if (!has(run, 'init', 'init-local')) return new Map();
  const { cluster, index, say, signal } = run;
  signal.throwIfAborted();
  say('neco init, neco init-local');
  const [leader] = cluster.members;
  if (leader === undefined) throw new RangeError('a cluster without servers');
  return wantedOf(run, new Map(Object.entries(await measureApplications(leader, index))));
}

function has({ wanted }: ChangesRun, ...names: readonly FigureName[]): boolean {
  return names.some((name) => wanted.has(name));
}

function wantedOf({ wanted }: ChangesRun, samples: ReadonlyMap<string, Sample>): Map<FigureName, Sample> {
  return new Map(
    [...wanted].flatMap((name) => {
      const sample = samples.get(name);
      return sample === undefined ? [] : [[name, sample] as const];
    }),
  );
}

/** With nobody else at work: a join, one by hand, and the leave of the newcomer, which died. */
async function alone(
  { cluster, index, say, signal, wanted }: ChangesRun,
  samples: Map<FigureName, Sample>,
): Promise<void> {
  let sample: Sample = { ours: NaN, reference: NaN };
  const byHand = async (): Promise<void> => {
    if (!wanted.has('join')) return;
    say('a join by hand');
    sample = { ...sample, reference: await joinByHand(cluster) };
  };
  signal.throwIfAborted();
  await clear(cluster);
  if (index % 2 === 0) await byHand();
  say('neco join');
  sample = { ...sample, ours: await join(cluster) };
  say('neco leave, of a dead server');
  await die(cluster.newcomer);
  const took = await leave(cluster);
  await clear(cluster);
  if (index % 2 === 1) await byHand();
  samples.set('join', sample).set('leave', { ours: took, reference: figures.leave.most });
}

/** While somebody writes: a join, the leave of the dead newcomer, and, when it has joined again, of the live one. */
async function withWriter(
  { cluster, say, signal }: ChangesRun,
  samples: Map<FigureName, Sample>,
): Promise<void> {
  signal.throwIfAborted();
  await clear(cluster);
  say('neco join, and neco leave of a dead server and of a live one, while somebody writes');
  const ofJoin = await pauseDuring(cluster, () => join(cluster));
  await die(cluster.newcomer);
  const ofDead = await pauseDuring(cluster, () => leave(cluster));
  await clear(cluster);
  await join(cluster);
  const ofLive = await pauseDuring(cluster, () => leave(cluster));
  await clear(cluster);
  const { 'writer-pause-join': joining, 'writer-pause-leave': leaving } = figures;
  samples.set('writer-pause-join', { ours: ofJoin, reference: joining.most });
  samples.set('writer-pause-leave', { ours: Math.max(ofDead, ofLive), reference: leaving.most });
}

/** Does it while a process of its own writes to the servers that stay. @returns the writer's longest pause, ms */
async function pauseDuring(
  { dataCenter, members, writer: identity }: ChangingCluster,
  work: () => Promise<unknown>,
): Promise<number> {
  const writer = await ContinuousWriter.start(dataCenter, { identity, servers: members });
  try {
    const start = performance.timeOrigin + performance.now();
    await work();
    await writer.next(); // the pause in which it ended has ended
    return writer.longestPause(start).duration;
  } finally {
    await writer.stop();
    const [first] = members;
    if (first !== undefined) await writer.expectNothingLost(first);
  }
}
