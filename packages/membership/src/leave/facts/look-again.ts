import type { ClusterConnection } from '@neco/cluster-access';
import { NecoError, serverName, type SiteConfiguration } from '@neco/core';
import type { LeaveOptions } from '../leave-options.ts';
import { isGone, isSameMembership, lookAtCluster, readMembership, type LeaveFacts } from './leave-facts.ts';
import { arithmeticLines, quorumArithmetic } from './quorum-arithmetic.ts';
import { refuseLeave } from './refuse-leave.ts';

/** Whether a server answers is asked again after this many ms; who is a member, always. */
const freshFor = 3000;

/**
 * What was seen before the turn of this command, seen again in its turn: others may have changed the cluster before, also while
 * nobody had to wait. What was refused then is refused now.
 * @param cluster connected under the change lock
 * @param before what was seen then, and when that look began, in ms of `performance.now`
 * @returns nothing when that server has left meanwhile.
 * @throws NecoError QUORUM_AT_RISK, ETCD_CONFLICT when it joined again meanwhile; ETCD_*
 */
export async function lookAgain(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  { facts, start }: { facts: LeaveFacts; start: number },
  options: LeaveOptions,
): Promise<LeaveFacts | undefined> {
  const now = await readMembership(cluster, site, facts.lrn, options);
  if (isGone(now)) return undefined;
  refuseOtherLife(facts, now);
  const isSame = isSameMembership(facts, now);
  if (isSame && performance.now() - start < freshFor) return facts;
  const again = await lookAtCluster(cluster, site, facts.lrn, options);
  const arithmetic = quorumArithmetic(again.members, again.healthy, again.member?.id);
  if (!isSame) for (const line of arithmeticLines(arithmetic)) options.reporter.info(line);
  refuseLeave(again, arithmetic, options, cluster.lrn);
  if (again.mode === facts.mode) return again;
  throw new NecoError(
    'QUORUM_AT_RISK',
    `${again.name} was ${facts.mode} a moment ago and is now ${again.mode}`,
    { hint: 'run the command again when the state is stable' },
  );
}

/** A server that left and joined again meanwhile is another one, which nobody has agreed to remove. */
function refuseOtherLife(
  before: LeaveFacts,
  { member, registration }: Pick<LeaveFacts, 'member' | 'registration'>,
): void {
  const isNewMember = member !== undefined && member.id !== before.member?.id;
  const isNewRegistration =
    registration !== undefined && registration.registeredAt !== before.registration?.registeredAt;
  if (isNewMember || isNewRegistration) throw joinedAgain(before.lrn);
}

/** The error of a leave that would remove another life of a server than the one that was seen and agreed on. */
export function joinedAgain(lrn: number): NecoError {
  return new NecoError(
    'ETCD_CONFLICT',
    `${serverName(lrn)} joined the cluster while this command waited for its turn; nothing was changed`,
    { hint: `check with neco status; if it is to leave again: neco leave ${String(lrn)}` },
  );
}
