import { serverName, type SiteConfiguration, NecoError } from '@neco/core';
import { EtcdCluster, urlAddress, type EtcdConnection } from '@neco/etcd-admin';
import { Registry, type LockedTurn } from '@neco/bootserver-registry';
import { readOnlyHost } from '@neco/host-installer';
import {
  ClusterAccess,
  hostLayout,
  readSite,
  SignedCertificates,
  withOperationLock,
  type ClusterConnection,
  type OperationLockOptions,
} from '@neco/cluster-access';
import { alreadyLeft, isAwaited, unknownServer } from './already-left.ts';
import { carryOutLeave } from './carry-out-leave.ts';
import { demandRotation } from './compromised/demand-rotation.ts';
import { isGone, lookAtCluster, membersOf, probeEarly, type LeaveFacts } from './facts/leave-facts.ts';
import { joinedAgain } from './facts/look-again.ts';
import type { PresenceProbe } from './facts/probe-presence.ts';
import { arithmeticLines, quorumArithmetic } from './facts/quorum-arithmetic.ts';
import { refuseLeave } from './facts/refuse-leave.ts';
import { awaitedNowhere } from './records/awaited-servers.ts';
import { inFlight, turnLimit, turnOf } from './turn.ts';
import type { LeaveOptions, LeaveResult } from './leave-options.ts';

/**
 * Takes a boot server out of the cluster: its member of etcd, its registration, and all access that it had. Run again it
 * goes on where it was, on any server.
 * @throws NecoError QUORUM_AT_RISK, BOOT_SERVER_UNKNOWN, USAGE, CONFIG_*, LOGIN_REFUSED, VERIFICATION_FAILED, CANCELLED,
 * ETCD_*, VAULT_*
 */
export async function leave(options: LeaveOptions): Promise<LeaveResult> {
  const site = await readSite(hostLayout.site);
  const probe = options.registryOnly ? undefined : probeEarly(site, options.lrn);
  using cluster = await ClusterAccess.open({ as: 'neco', etcd: options.etcd });
  return options.registryOnly
    ? await leaveRegistry(cluster, options)
    : await leaveCluster(cluster, site, options, probe);
}

/** The seed's bare step, and a word on what it leaves. */
async function leaveRegistry(cluster: ClusterConnection, options: LeaveOptions): Promise<LeaveResult> {
  const { lrn, dryRun, reporter } = options;
  const name = serverName(lrn);
  const registration = await cluster.registry.bootServers.at(lrn).get();
  if (registration === undefined) throw await unknownServer(cluster.registry, lrn);
  reporter.warn(
    `only the registration of ${name} is removed; its etcd member, certificates and users stay, and "neco leave ${String(lrn)}" removes them`,
  );
  if (dryRun) return { changed: false };
  if (!(await options.confirm({ name, mode: 'registry only' }))) throw stays(name);
  const turn = turnHere(cluster, options, `neco leave --registry-only ${String(lrn)}`);
  const work = async ({ registry }: LockedTurn): Promise<LeaveResult> => {
    const now = await registry.bootServers.at(lrn).get();
    if (now !== undefined && now.registeredAt !== registration.registeredAt) throw joinedAgain(lrn);
    return { changed: await registry.bootServers.at(lrn).delete() };
  };
  return await withOperationLock(cluster.registry, turn, work).catch(inFlight);
}

/** The turn of a command that needs nothing but the registry. */
function turnHere(
  { name: server }: ClusterConnection,
  { reporter, signal }: LeaveOptions,
  what: string,
): OperationLockOptions {
  return { what, server, reporter, signal, timeout: turnLimit };
}

/** Nobody waits any more for a server that is gone: what it would have done of another leave is not needed. */
async function stopAwaiting(cluster: ClusterConnection, options: LeaveOptions): Promise<void> {
  const { lrn } = options;
  if (!(await isAwaited(cluster.registry, lrn))) return;
  const turn = turnHere(cluster, options, turnOf(lrn).what);
  await withOperationLock(cluster.registry, turn, ({ registry }) => awaitedNowhere(registry, lrn)).catch(
    inFlight,
  );
}

function stays(name: string): NecoError {
  return new NecoError('CANCELLED', `nothing was changed; ${name} stays`);
}

async function leaveCluster(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  options: LeaveOptions,
  probe: PresenceProbe | undefined,
): Promise<LeaveResult> {
  const { lrn, reporter, dryRun, unattended } = options;
  const start = performance.now();
  const host = readOnlyHost();
  await using administrator = await ClusterAccess.open({
    as: 'administrator',
    connection: cluster,
    host,
    ...options,
  });
  const certificates = new SignedCertificates(host);
  if (unattended) {
    administrator.begin((vault) => certificates.valid(vault));
  }
  const facts = await lookAtCluster(cluster, site, lrn, { ...options, probe });
  if (isGone(facts)) {
    const result = await alreadyLeft(cluster.registry, lrn);
    if (dryRun) return result;
    if (options.compromised) {
      const scope = { lrn, name: facts.name, host, here: cluster.lrn, servers: membersOf(facts), reporter };
      await administrator.change(turnOf(lrn), (administration, signal) =>
        demandRotation(administration, { ...scope, signal }),
      );
    }
    await stopAwaiting(cluster, options);
    return result;
  }
  const arithmetic = quorumArithmetic(facts.members, facts.healthy, facts.member?.id);
  for (const line of arithmeticLines(arithmetic)) reporter.info(line);
  refuseLeave(facts, arithmetic, options, cluster.lrn);
  if (!dryRun && !(await options.confirm({ name: facts.name, mode: facts.mode }))) throw stays(facts.name);
  return await withRemaining(cluster, facts, async (remaining) =>
    carryOutLeave(remaining, site, { facts, start, administrator, certificates }, options),
  );
}

/** The connection through the members that stay; the server that leaves must not be asked for anything. */
async function withRemaining<T>(
  cluster: ClusterConnection,
  { members, member, address }: LeaveFacts,
  use: (remaining: ClusterConnection) => Promise<T>,
): Promise<T> {
  const { connection } = cluster.etcd;
  const known = members.filter(({ id }) => id !== member?.id).flatMap(({ clientUrls }) => clientUrls);
  const endpoints = [...new Set([...connection.endpoints, ...known])].filter(
    (endpoint) => urlAddress(endpoint) !== address,
  );
  const etcd = EtcdCluster.connect({ ...connection, endpoints } satisfies EtcdConnection);
  try {
    return await use({ ...cluster, etcd, registry: new Registry(etcd, cluster.registry.prefix) });
  } finally {
    etcd.close();
  }
}
