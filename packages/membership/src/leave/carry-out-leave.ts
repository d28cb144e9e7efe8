import {
  RevocationProof,
  type AdministratorAccess,
  type ClusterConnection,
  type SignedCertificates,
} from '@neco/cluster-access';
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
import { alreadyLeft } from './already-left.ts';
import { membersOf, type LeaveFacts } from './facts/leave-facts.ts';
import { lookAgain } from './facts/look-again.ts';
import { inFlight, turnOf } from './turn.ts';
import type { LeaveContext, LeaveView, LocalLeaveContext } from './leave-context.ts';
import type { LeaveOptions, LeaveResult } from './leave-options.ts';
import { leavePhases, localPhases } from './leave-phases.ts';
import { awaitedAdvice, readAwaited } from './records/awaited-servers.ts';

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
  const again = `neco leave ${compromised ? '--compromised ' : ''}${String(lrn)}`;
  await using _host = await lockHost('operation', { what: again });
  const local: LocalLeaveContext = { ...before, host: openHost(), reporter };
  await runPhases(localPhases, local, {
    reporter,
    signal,
    again,
    among: { after: phasesFor(leavePhases, before).length },
  });
  return await administrator
    .change({ ...turnOf(lrn), connection: cluster }, async (administration, held) => {
      const { registry } = administration;
      const seen = await lookAgain({ ...cluster, registry }, site, { facts, start }, options);
      if (seen === undefined) return await alreadyLeft(registry, lrn);
      const { address: hereAddress } = cluster;
      return await changeCluster(
        { ...local, ...administration, facts: seen, hereAddress, signal: held },
        again,
      );
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
  using proof = new RevocationProof(vault, host, facts.remaining);
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
