import { NecoError, type Phase } from '@neco/core';
import { fetchRevocations, ownFirst, putRevocations } from '@neco/cluster-access';
import { awaitServers } from '../await-servers.ts';
import { cutOff } from '../this-server/cut-off.ts';
import { withDutyLock } from '../this-server/duty-lock.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { newRound } from '../records/leave-plan.ts';
import { showCanary, type CanaryAuthorities, type RevocationCanary } from '../revocation/revocation-canary.ts';
import type { TakingServer } from '../revocation/revocation-proof.ts';
import { planOf } from './remove-member.ts';

/** Each server's worker or updater sees the plan at once; where etcd has to be restarted, one waits for the other, in ms. */
const limit = { all: 20_000, each: 10_000 } as const;

/**
 * Every server that stays puts the new revocation lists in place and cuts what is open; proved on each by certificates that
 * were taken before and are refused now.
 */
export const distributeRevocations: Phase<LeaveView, LeaveContext> = {
  id: 'distribute-revocations',
  title: 'Verify on every server that its certificates are rejected',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [
    `new revocation lists on ${facts.remaining.map(({ name }) => name).join(', ')}`,
    `close the connections of ${facts.name}`,
  ],
  async run(context) {
    const { access, proof, compromised } = context;
    const [{ canary, ca, taking }] = await Promise.all([proof.revoked(), access.awaitNobody()]);
    const round = newRound();
    const told = Promise.withResolvers<{ strange: boolean }>();
    const failed = new AbortController();
    const own = withDutyLock(context, async () => {
      const plan = await planOf(access);
      const strange = compromised || plan.compromised === true;
      await access.writePlan({ ...plan, round, compromised: strange });
      told.resolve({ strange });
      await updateThisServer(context, ca, { round, strange });
    }).catch((error: unknown) => {
      told.reject(error);
      failed.abort();
      throw error;
    });
    const signal = AbortSignal.any([context.signal, failed.signal]);
    const proved = told.promise.then(async ({ strange }) => {
      // Where etcd is restarted in any case, this server's turn may take its time.
      if (strange) await own;
      await awaitProof({ ...context, signal }, taking, { canary, ca, round });
    });
    // Its own part is waited for in any case: nobody else may restart an etcd while it does.
    for (const outcome of await Promise.allSettled([own, proved]))
      if (outcome.status === 'rejected') throw outcome.reason;
  },
};

/** This server does it here and now, whether or not its worker runs. */
async function updateThisServer(
  { host, access, here, reporter, facts }: LeaveContext,
  ca: CanaryAuthorities,
  { round, strange }: { round: string; strange: boolean },
): Promise<void> {
  const own = facts.remaining.find(({ lrn }) => lrn === here)?.address ?? '';
  const addresses = ownFirst(
    facts.remaining.map(({ address }) => address),
    own,
  );
  await putRevocations(host, await fetchRevocations(addresses, ca.server));
  const connections = await cutOff(host, facts.address, {
    strange,
    reporter,
    inTurn: (restart) => access.restartInTurn(restart),
  });
  await access.acknowledge(here, round, connections);
  await access.forgetEndpoint(host);
}

async function awaitProof(
  context: LeaveContext,
  servers: readonly TakingServer[],
  { canary, ca, round }: { canary: RevocationCanary; ca: CanaryAuthorities; round: string },
): Promise<void> {
  const { access, reporter, signal, facts } = context;
  let pending = [...servers];
  const missing = async (): Promise<string | undefined> => {
    const acknowledged = await access.acknowledgements('lists', round);
    const states = await Promise.all(
      pending.map(async (server) => ({ server, state: await stateOf(server) })),
    );
    const open = states.filter(({ state }) => state !== undefined);
    pending = open.map(({ server }) => server);
    if (open.length === 0) return undefined;
    return open.map(({ server, state }) => `${server.name} ${String(state)}`).join('; ');

    async function stateOf({ lrn, address }: TakingServer): Promise<string | undefined> {
      const answer = acknowledged.get(lrn);
      if (answer === undefined) return 'has not installed the new revocation lists';
      if (answer.connections > 0)
        return `has ${String(answer.connections)} open connections of ${facts.name}`;
      const verdict = await showCanary(address, canary, ca);
      return verdict === 'refused' ? undefined : `${verdict} a revoked certificate`;
    }
  };
  const late = await awaitServers(missing, {
    what: 'all servers to reject its certificates',
    timeout: limit.all + limit.each * servers.length,
    maxPause: 50,
    reporter,
    signal,
  });
  if (late === undefined) return;
  const names = pending.map(({ name }) => name).join(', ');
  throw new NecoError(
    'VERIFICATION_FAILED',
    `not verified that ${names} reject ${facts.name}: ${late.message}`,
    {
      hint: `on ${names}: systemctl restart neco-updater; then run again: neco leave ${String(facts.lrn)}`,
      cause: late,
    },
  );
}
