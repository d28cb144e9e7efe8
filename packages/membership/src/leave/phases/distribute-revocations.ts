import { NecoError, type Phase } from '@neco/core';
import {
  fetchRevocations,
  ownFirst,
  putRevocations,
  showCanary,
  type CanaryAuthorities,
  type RevocationCanary,
  type TakingServer,
} from '@neco/cluster-access';
import { awaitServers, limitOfServers } from '../await-servers.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { awaitNobody } from '../records/awaited-servers.ts';
import { newRound, planOf } from '../records/leave-plan.ts';
import { takeDutyLock } from '../this-server/duty-lock.ts';

/**
 * Every server that stays puts the new revocation lists in place; proved on each by certificates that were taken before and
 * are refused now. The same round asks each server to close what is open, once its lists are in place; see `close-connections`.
 */
export const distributeRevocations: Phase<LeaveView, LeaveContext> = {
  id: 'distribute-revocations',
  title: 'Verify on every server that its certificates are rejected',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [`new revocation lists on ${facts.remaining.map(({ name }) => name).join(', ')}`],
  async run(context) {
    const { registry, proof, compromised, facts } = context;
    const [{ canary, ca, taking }] = await Promise.all([proof.revoked(), awaitNobody(registry, facts.lrn)]);
    context.duty ??= await takeDutyLock(context);
    const plan = await planOf(registry, facts.lrn);
    const isCompromised = compromised || plan.compromised === true;
    await registry.leavePlans.at(facts.lrn).put({ ...plan, round: newRound(), compromised: isCompromised });
    await installLists(context, ca);
    await awaitRejection(context, taking, { canary, ca });
  },
};

/** This server does it here and now, whether or not its worker runs. */
async function installLists({ host, here, facts }: LeaveContext, ca: CanaryAuthorities): Promise<void> {
  const own = facts.remaining.find(({ lrn }) => lrn === here)?.address ?? '';
  const addresses = ownFirst(
    facts.remaining.map(({ address }) => address),
    own,
  );
  await putRevocations(host, await fetchRevocations(addresses, ca.server));
}

async function awaitRejection(
  { reporter, signal, facts }: LeaveContext,
  servers: readonly TakingServer[],
  { canary, ca }: { canary: RevocationCanary; ca: CanaryAuthorities },
): Promise<void> {
  let pending = [...servers];
  const missing = async (): Promise<string | undefined> => {
    const verdicts = await Promise.all(
      pending.map(async (server) => ({ server, verdict: await showCanary(server.address, canary, ca) })),
    );
    const open = verdicts.filter(({ verdict }) => verdict !== 'refused');
    pending = open.map(({ server }) => server);
    if (open.length === 0) return undefined;
    return open
      .map(({ server, verdict }) =>
        verdict === 'accepted'
          ? `${server.name} has not installed the new revocation lists`
          : `etcd of ${server.name} does not answer`,
      )
      .join('; ');
  };
  const late = await awaitServers(missing, {
    what: 'all servers to reject its certificates',
    timeout: limitOfServers(servers.length),
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
