import { waitFor } from '@neco/core';
import type { DataCenter } from '../../../dctest/src/data-center.ts';
import { applicationIdentity } from '../../../dctest/src/continuous-writer/application-identity.ts';
import { asAdministrator } from '../../../dctest/src/cluster/set-up-cluster.ts';
import type { Server } from '../../../dctest/src/server/server.ts';
import { putReference } from '../measures/put-reference.ts';
import type { FigureName } from '../figures.ts';
import type { Sample } from '../results.ts';
import type { RunSettings } from '../run-settings.ts';
import { prepareCluster, twoClusters, type ChangingCluster } from './changing-cluster.ts';
import { clear, die, join, leave } from './join-and-leave.ts';

/** Two clusters, in which Vault has signed few and many certificates of an application that nobody touches. */
export interface CertificateClusters {
  readonly few: ChangingCluster;
  readonly many: ChangingCluster;
}

const counts = { few: 100, many: 10_000 } as const;

/** neco-worker begins to read a minute after its start; then it reads them one by one, a few at a time. */
const reading = 10 * 60_000;

/** Makes both, one after the other, and waits until the first server of each has read all certificates, as it does once an hour. */
export async function prepareClusters(
  dataCenter: DataCenter,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<CertificateClusters> {
  const [ofFew, ofMany] = twoClusters;
  const few = await prepareCluster(dataCenter, ofFew, say, signal);
  const many = await prepareCluster(dataCenter, ofMany, say, signal);
  await issue(few, counts.few, say);
  await issue(many, counts.many, say);
  say('neco-worker reads them');
  await Promise.all([remembered(few, counts.few, signal), remembered(many, counts.many, signal)]);
  return { few, many };
}

/** A run on both. */
export interface CertificatesRun extends RunSettings {
  readonly clusters: CertificateClusters;
}

/** Measures what is wanted once in each cluster, one after the other. */
export async function certificatesRun(run: CertificatesRun): Promise<Map<FigureName, Sample>> {
  const { wanted, index, say } = run;
  const samples = new Map<FigureName, Sample>();
  if (wanted.has('leave-10000')) {
    say('neco leave, of a dead server');
    samples.set('leave-10000', await inBoth(run, leaveOnce));
  }
  if (wanted.has('application-remove-10000')) {
    say('neco application remove');
    samples.set('application-remove-10000', await inBoth(run, (cluster) => removeOnce(cluster, index)));
  }
  return samples;
}

async function inBoth(
  { clusters: { few, many }, index, signal }: CertificatesRun,
  measure: (cluster: ChangingCluster) => Promise<number>,
): Promise<Sample> {
  let sample: Sample = { ours: NaN, reference: NaN };
  const turns = [
    async () => {
      sample = { ...sample, reference: await measure(few) };
    },
    async () => {
      sample = { ...sample, ours: await measure(many) };
    },
  ];
  for (const turn of index % 2 === 0 ? turns : turns.toReversed()) {
    signal.throwIfAborted();
    await turn();
  }
  return sample;
}

/** @returns ms of the leave of a server that has joined and died */
async function leaveOnce(cluster: ChangingCluster): Promise<number> {
  await clear(cluster);
  await join(cluster);
  await die(cluster.newcomer);
  const took = await leave(cluster);
  await clear(cluster);
  return took;
}

/** @returns ms of the removal of an application with a certificate on one server */
async function removeOnce(cluster: ChangingCluster, index: number): Promise<number> {
  const leader = leaderOf(cluster);
  const name = `removed-${String(index)}`;
  await applicationIdentity(leader, name);
  const argv = ['neco', 'application', 'remove', '--yes', ...asAdministrator, name];
  const start = performance.now();
  await leader.run(argv, { timeout: 60_000 });
  const took = performance.now() - start;
  await leader.run(['rm', '-r', `/etc/${name}`]);
  return took;
}

async function issue(cluster: ChangingCluster, count: number, say: (line: string) => void): Promise<void> {
  const leader = leaderOf(cluster);
  say(`Vault of ${leader.name} signs ${String(count)} certificates`);
  const script = await putReference(leader, 'sign-many');
  const { prefix } = cluster.writer;
  const argv = ['/usr/lib/neco/node', '--no-warnings', script, leader.address, prefix.replaceAll('/', '')];
  await leader.run([...argv, String(count)], { timeout: 10 * 60_000 });
}

/** Has neco-worker of the server that runs the commands read them, and waits until it has written that down. */
async function remembered(cluster: ChangingCluster, count: number, signal: AbortSignal): Promise<void> {
  const leader = leaderOf(cluster);
  await leader.run(['systemctl', 'restart', 'neco-worker.service']);
  const script = 'grep --only-matching \'"name"\' /var/lib/neco/certificates.json | wc --lines';
  await waitFor(
    async () => {
      const { stdout } = await leader.exec(['sh', '-c', script]);
      return Number(stdout) >= count
        ? { done: true, value: undefined }
        : { done: false, seen: `${stdout.trim()} of ${String(count)}` };
    },
    { what: `${leader.name} to read the certificates`, timeout: reading, maxPause: 2000, signal },
  );
}

function leaderOf({ members: [leader] }: ChangingCluster): Server {
  if (leader === undefined) throw new RangeError('a cluster without servers');
  return leader;
}
