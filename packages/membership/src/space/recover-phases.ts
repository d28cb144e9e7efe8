import { NecoError, waitFor, type Phase } from '@neco/core';
import type { MemberAlarm } from '@neco/etcd-admin';
import type { HostWriter } from '@neco/host-installer';
import { megabytes, shares, spaceDue, type MemberSize } from './database-size.ts';
import { largestPrefixes } from './largest-prefixes.ts';
import { answering, memberSizes } from './member-sizes.ts';
import {
  proveWrites,
  refuseLoss,
  restoreAccess,
  rootOf,
  rootOpening,
  waitForSelf,
  type RootContext,
  type RootView,
} from './root-phases.ts';
import { TemporaryRoot } from './temporary-root.ts';

/** How long the neco-worker of another server is waited for, in ms: it restarts an etcd that Vault uses. */
const patience = 180_000;

/** How long a defragmentation may take, in ms. */
const defragmentLimit = 5 * 60_000;

/** What a phase may look at. */
export interface RecoverView extends RootView {
  /** Of this server's member, in bytes. */
  readonly quota: number;
  /** Those for lack of space. */
  readonly alarms: readonly MemberAlarm[];
}

/** What a phase works with. */
export interface RecoverContext extends RecoverView, RootContext {
  readonly host: HostWriter;
}

type RecoverPhase = Phase<RecoverView, RecoverContext>;

/** Whether nobody has to do anything: no alarm, and no member near its quota. */
export async function isWell({ etcd, alarms, quota }: RecoverView): Promise<boolean> {
  if (alarms.length > 0) return false;
  return answering(await memberSizes(etcd)).every(({ status }) => spaceDue(status, quota) === 'nothing');
}

const openRoot: RecoverPhase = {
  ...rootOpening,
  isDone: isWell,
  async run(context) {
    const { etcd, host, address, reporter, signal } = context;
    await refuseLoss(context);
    for (const { member, status } of answering(await memberSizes(etcd)))
      reporter.info(`before: the database of ${member.name} has ${megabytes(status.dbSize)}`);
    context.root ??= await TemporaryRoot.open(host, address, signal);
    await waitForSelf(context);
  },
};

const compact: RecoverPhase = {
  id: 'compact',
  title: 'Drop the history of etcd, and shrink its database here',
  isDone: isWell,
  plan: ({ name }) => ['compact etcd up to its current revision', `defragment the database of ${name}`],
  async run(context) {
    const { endpoint, etcd } = context;
    const root = rootOf(context);
    await root.compact((await etcd.status(endpoint)).revision);
    await root.defragment(endpoint, defragmentLimit);
  },
};

const checkData: RecoverPhase = {
  id: 'check-data',
  title: 'Check that there is room now',
  isDone: () => Promise.resolve(false),
  plan: () => ['nothing: it only checks'],
  async run(context) {
    const { etcd, endpoint, quota, reporter, signal } = context;
    const { dbSize } = await etcd.status(endpoint);
    if (dbSize < quota * shares.urgent) return;
    const prefixes = await largestPrefixes(rootOf(context), signal);
    for (const { prefix, keys, bytes } of prefixes.slice(0, 5))
      reporter.info(`${prefix}: ${megabytes(bytes)} in ${String(keys)} keys`);
    const message = `the data itself has ${megabytes(dbSize)} of the ${megabytes(quota)} that etcd may have, most of it below ${prefixes[0]?.prefix ?? '/'}`;
    const hint =
      'delete what is not needed ("etcdctl del --prefix KEY" with the certificate of the application); or raise quota-backend-bytes in /etc/etcd/etcd.yml of every boot server, and restart etcd on one after another: systemctl restart --no-block etcd; then run: neco etcd recover-space';
    if (dbSize >= quota * shares.full) throw new NecoError('ETCD_FAILED', message, { hint });
    reporter.warn(`${message}: ${hint}`);
  },
};

const awaitOthers: RecoverPhase = {
  id: 'await-others',
  title: 'Wait until the other servers have done the same',
  // Before etcd is full each server has time, and status names those that need it.
  concerns: ({ alarms }) => alarms.length > 0,
  isDone: async (view) => (await largeOthers(view)).length === 0,
  plan: async (view) => (await largeOthers(view)).map((name) => `neco-worker of ${name} restarts etcd there`),
  async run(context) {
    const { signal, reporter } = context;
    await waitFor(
      async () => {
        const names = await largeOthers(context);
        if (names.length === 0) return { done: true, value: undefined };
        return { done: false, seen: `the database of ${names.join(' and ')} is still large` };
      },
      {
        what: 'neco-worker of the other servers to restart etcd',
        timeout: patience,
        maxPause: 1000,
        signal,
        onState: (text) => {
          reporter.state(text);
        },
        hint: `on each of them, one after another: neco etcd recover-space`,
      },
    );
  },
};

/** A server that does not answer is not waited for: its database is made smaller when it is back. */
async function largeOthers({ etcd, name, quota }: RecoverView): Promise<string[]> {
  // A full member does not notice what was freed: its file alone tells.
  const isLarge = ({ dbSize }: MemberSize): boolean => dbSize >= quota * shares.full;
  return answering(await memberSizes(etcd))
    .filter(({ member, status }) => member.name !== name && isLarge(status))
    .map(({ member }) => member.name);
}

const disarm: RecoverPhase = {
  id: 'disarm',
  title: 'End the alarm',
  concerns: ({ alarms }) => alarms.length > 0,
  isDone: async ({ etcd }) => (await etcd.alarms()).every(({ alarm }) => alarm !== 'NOSPACE'),
  plan: () => ['end the alarm NOSPACE'],
  async run(context) {
    const { etcd, endpoint } = context;
    const alarms = (await etcd.alarms()).filter(({ alarm }) => alarm === 'NOSPACE');
    await rootOf(context).disarm(alarms, { endpoint });
  },
};

const showSizes: RecoverPhase = {
  id: 'show-sizes',
  title: 'Look at the size of the databases',
  isDone: () => Promise.resolve(false),
  plan: () => ['nothing: it only checks'],
  async run({ etcd, reporter }) {
    for (const { member, status } of answering(await memberSizes(etcd)))
      reporter.info(`after: the database of ${member.name} has ${megabytes(status.dbSize)}`);
  },
};

/** `neco etcd recover-space`, in order. */
export const recoverPhases: readonly RecoverPhase[] = [
  openRoot,
  compact,
  checkData,
  awaitOthers,
  disarm,
  restoreAccess,
  proveWrites,
  showSizes,
];
