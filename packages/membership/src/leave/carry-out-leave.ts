import type { AdministratorAccess, ClusterConnection } from '@neco/cluster-access';
import {
  dryRunPhases,
  NecoError,
  phasesFor,
  runPhases,
  type Phase,
  type SiteConfiguration,
} from '@neco/core';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import { demandRotation } from './compromised/demand-rotation.ts';
import { lookAtCluster, membersOf, type LeaveFacts } from './facts/leave-facts.ts';
import { quorumArithmetic } from './facts/quorum-arithmetic.ts';
import { refuseLeave } from './facts/refuse-leave.ts';
import { inFlight, turnOf } from './turn.ts';
import type { LeaveContext, LeaveView, LocalLeaveContext } from './leave-context.ts';
import type { LeaveOptions, LeaveResult } from './leave-options.ts';
import { leavePhases, localPhases } from './leave-phases.ts';
import { awaitedAdvice, readAwaited } from './records/awaited-servers.ts';
import { RevocationProof } from './revocation/revocation-proof.ts';
import type { SignedCertificates } from './revocation/signed-certificates.ts';

/** After this many ms, what was seen is looked up again: somebody was asked, or another command was waited for, meanwhile. */
const freshFor = 3000;

/** What the command has seen and started before it changes anything. */
export interface BegunLeave {
  facts: LeaveFacts;
  /** When the look began, in ms of `performance.now`. */
  start: number;
  administrator: AdministratorAccess;
  certificates: SignedCertificates;
}

/**
 * Shows the phases of a leave, or runs them: first what changes this server alone, then the others under the change lock.
 * @param cluster connected through the members that stay
 * @throws NecoError QUORUM_AT_RISK, VERIFICATION_FAILED, CANCELLED, ETCD_*, VAULT_*
 */
export async function carryOutLeave(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  { facts, start, administrator, certificates }: BegunLeave,
  options: LeaveOptions,
): Promise<LeaveResult> {
  const { lrn, compromised, reporter, signal } = options;
  const before: LeaveView = {
    facts,
    etcd: cluster.etcd,
    registry: cluster.registry,
    vault: { run: async (what, work) => (await administrator.vault()).run(what, work) },
    certificates,
    host: readOnlyHost(),
    here: cluster.lrn,
    compromised,
  };
  if (options.dryRun) {
    const phases: readonly Phase<LeaveView, LeaveContext>[] = [...localPhases, ...leavePhases];
    return await administrator.change({ what: undefined, connection: cluster }, async (administration) => {
      await dryRunPhases(phases, { ...before, ...administration }, reporter);
      return { changed: false };
    });
  }
  await using _host = await lockHost('operation');
  const local: LocalLeaveContext = { ...before, host: openHost(), reporter };
  const again = `neco leave ${compromised ? '--compromised ' : ''}${String(lrn)}`;
  await runPhases(localPhases, local, {
    reporter,
    signal,
    again,
    among: { after: phasesFor(leavePhases, before).length },
  });
  return await administrator
    .change({ ...turnOf(lrn), connection: cluster }, async (administration, held) => {
      if (performance.now() - start > freshFor) await lookAgain(cluster, site, facts, options);
      const { address: hereAddress } = cluster;
      return await changeCluster({ ...local, ...administration, hereAddress, signal: held }, again);
    })
    .catch(inFlight);
}

/** The part under the change lock. */
async function changeCluster(
  known: Omit<LeaveContext, 'proof' | 'duty'>,
  again: string,
): Promise<LeaveResult> {
  const { facts, registry, vault, host, here, compromised, reporter, signal } = known;
  const { lrn, name } = facts;
  const proof = new RevocationProof(vault, host, facts.remaining);
  const context: LeaveContext = { ...known, proof, duty: undefined };
  try {
    const among = { before: phasesFor(localPhases, known).length };
    const { changed } = await runPhases(leavePhases, context, { reporter, signal, again, among });
    const awaited = await readAwaited(registry, lrn);
    const missing = awaited.length === 0 ? undefined : awaitedAdvice({ lrn, awaited });
    const scope = { lrn, name, host, here, servers: membersOf(facts), reporter, signal };
    if (compromised) await demandRotation(known, scope, missing);
    if (missing === undefined) return { changed };
    throw new NecoError('VERIFICATION_FAILED', missing.message, { hint: missing.hint });
  } finally {
    await context.duty?.release();
  }
}

/** Somebody was asked between the look and the change, and may have taken a while to answer. */
async function lookAgain(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  before: LeaveFacts,
  options: LeaveOptions,
): Promise<void> {
  const facts = await lookAtCluster(cluster, site, before.lrn, options);
  const arithmetic = quorumArithmetic(facts.members, facts.healthy, facts.member?.id);
  refuseLeave(facts, arithmetic, options, cluster.lrn);
  if (facts.mode === before.mode) return;
  throw new NecoError(
    'QUORUM_AT_RISK',
    `${facts.name} was ${before.mode} a moment ago and is now ${facts.mode}`,
    {
      hint: 'run the command again when the state is stable',
    },
  );
}
