import { NecoError, waitFor, type Phase, type Reporter } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader, HostWriter } from '@neco/host-installer';
import { quorumState } from '../leave/facts/quorum-arithmetic.ts';
import { answering, memberSizes } from './member-sizes.ts';
import { hasTemporaryRoot, type TemporaryRoot } from './temporary-root.ts';

/** What a phase may look at of a command that has etcd's role root for a while. */
export interface RootView {
  readonly host: HostReader;
  /** `boot-<LRN>`. */
  readonly name: string;
  readonly address: string;
  readonly endpoint: string;
  /** etcd as `neco-<LRN>`. */
  readonly etcd: EtcdCluster;
  readonly signal: AbortSignal;
}

/** What such a phase works with. */
export interface RootContext extends RootView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
  /** etcd's user root on this server, from the phase on that opens it. */
  root: TemporaryRoot | undefined;
}

type RootPhase = Phase<RootView, RootContext>;

/** How long the other members are waited for, in ms. */
const othersPatience = 20_000;

/** A restart while another voter is away ends the quorum for as long as it takes. @throws NecoError QUORUM_AT_RISK */
export async function refuseLoss(view: RootView): Promise<void> {
  const { name, signal } = view;
  let silent: string[] = [];
  await waitFor(
    async () => {
      const seen = await silentOthers(view);
      silent = seen.names;
      if (seen.isQuorumKept) return { done: true, value: undefined };
      return { done: false, seen: `${silent.join(', ')} does not answer` };
    },
    // One that was restarted a moment ago, as by the same command there, answers soon.
    { what: 'the other etcd members to answer', timeout: othersPatience, signal },
  ).catch((error: unknown) => {
    if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
    throw new NecoError(
      'QUORUM_AT_RISK',
      `while etcd of ${name} restarts there would be no quorum, because ${silent.join(', ')} does not answer`,
      { hint: `start etcd on ${silent.join(', ')} first: systemctl start --no-block etcd` },
    );
  });
}

/** Whether the others are a quorum without this member, and which voters do not answer. */
async function silentOthers({ etcd, name }: RootView): Promise<{ names: string[]; isQuorumKept: boolean }> {
  const voters = (await memberSizes(etcd)).filter(({ member }) => !member.isLearner);
  const others = answering(voters).filter(({ member }) => member.name !== name).length;
  const names = voters.filter(({ status }) => status instanceof NecoError).map(({ member }) => member.name);
  return { names, isQuorumKept: quorumState(voters.length, others).tolerance >= 0 || voters.length < 3 };
}

/** How the phase that opens the role root is called, and what it says that it will do. */
export const rootOpening: Pick<RootPhase, 'id' | 'title' | 'plan'> = {
  id: 'open-root',
  title: 'Restart etcd here, so that it lets this command in as root',
  plan: ({ name }) => [
    `restart etcd of ${name} with one more trusted client certificate, whose key is in memory alone`,
  ],
};

/** The member serves again. @throws NecoError TIMEOUT, CANCELLED */
export async function waitForSelf({ etcd, endpoint, name, reporter, signal }: RootContext): Promise<void> {
  await waitFor(
    async () => {
      const { leader } = await etcd.status(endpoint);
      return leader === undefined ? { done: false, seen: 'it has no leader' } : { done: true, value: leader };
    },
    {
      what: `etcd of ${name} to serve`,
      timeout: 60_000,
      signal,
      onState: (text) => {
        reporter.state(text);
      },
    },
  );
}

/** @throws NecoError INTERNAL before it is open */
export function rootOf({ root }: RootContext): EtcdCluster {
  if (root !== undefined) return root.etcd;
  throw new NecoError('INTERNAL', 'a phase needs the role root before it is there');
}

/** The end of the role root. */
export const restoreAccess: RootPhase = {
  id: 'restore-access',
  title: 'Restart etcd here without that certificate',
  isDone: async ({ host }) => !(await hasTemporaryRoot(host)),
  plan: () => ['restart etcd'],
  async run(context) {
    await context.root?.[Symbol.asyncDispose]();
    context.root = undefined;
    await context.host.waitForUnit('etcd.service', 'active', { signal: context.signal, timeout: 60_000 });
    await waitForSelf(context);
  },
};

/** By a lease. */
export const proveWrites: RootPhase = {
  id: 'prove-writes',
  title: 'Prove that etcd takes writes',
  isDone: () => Promise.resolve(false),
  plan: () => ['nothing: it only checks'],
  async run({ etcd, signal }) {
    const write = async () => {
      await etcd.call('grant a lease', async (client) => {
        const { ID } = await client.leaseClient.leaseGrant({ TTL: 10 });
        await client.leaseClient.leaseRevoke({ ID });
      });
      return { done: true, value: undefined } as const;
    };
    await waitFor(write, { what: 'etcd to take a write', timeout: 30_000, signal });
  },
};
