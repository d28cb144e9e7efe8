import { serverName, type SiteConfiguration, NecoError } from '@neco/core';
import { EtcdCluster, urlAddress, type EtcdConnection } from '@neco/etcd-admin';
import { Registry } from '@neco/bootserver-registry';
import { readOnlyHost } from '@neco/host-installer';
import {
  ClusterAccess,
  hostLayout,
  readSite,
  withOperationLock,
  type ClusterConnection,
} from '@neco/cluster-access';
import { carryOutLeave } from './carry-out-leave.ts';
import { demandRotation } from './compromised/demand-rotation.ts';
import { lookAtCluster, membersOf, probeEarly, type LeaveFacts } from './facts/leave-facts.ts';
import type { PresenceProbe } from './facts/probe-presence.ts';
import { arithmeticLines, quorumArithmetic } from './facts/quorum-arithmetic.ts';
import { refuseLeave } from './facts/refuse-leave.ts';
import { inFlight, turnLimit, turnOf } from './turn.ts';
import type { LeaveOptions, LeaveResult } from './leave-options.ts';
import { SignedCertificates } from './revocation/signed-certificates.ts';

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
  const { registry } = cluster;
  const { lrn, dryRun, reporter, signal } = options;
  const name = serverName(lrn);
  if ((await registry.bootServers.at(lrn).get()) === undefined) throw await unknownServer(registry, lrn);
  reporter.warn(
    `only the registration of ${name} is removed; its etcd member, certificates and users stay, and "neco leave ${String(lrn)}" removes them`,
  );
  if (dryRun) return { changed: false };
  if (!(await options.confirm({ name, mode: 'registry only' }))) throw stays(name);
  const what = `neco leave --registry-only ${String(lrn)}`;
  const turn = { what, server: cluster.name, reporter, signal, timeout: turnLimit };
  await withOperationLock(registry, turn, () => registry.bootServers.at(lrn).delete()).catch(inFlight);
  return { changed: true };
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
  const certificates = new SignedCertificates();
  if (unattended) {
    administrator.begin((vault) => vault.run('Vault to answer', (one) => certificates.valid(one)));
  }
  const facts = await lookAtCluster(cluster, site, lrn, { ...options, probe });
  const { member, registration, plan } = facts;
  if (member === undefined && registration === undefined && plan === undefined) {
    const left =
      (await cluster.registry.left.at(lrn).get()) ?? (await cluster.registry.compromised.at(lrn).get());
    if (left === undefined) throw await unknownServer(cluster.registry, lrn);
    if (options.compromised && !dryRun) {
      const scope = { lrn, name: facts.name, host, here: cluster.lrn, servers: membersOf(facts), reporter };
      await administrator.change(turnOf(lrn), (administration, signal) =>
        demandRotation(administration, { ...scope, signal }),
      );
    }
    return { changed: false, leftAt: left.at };
  }
  const arithmetic = quorumArithmetic(facts.members, facts.healthy, member?.id);
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

async function unknownServer(registry: Registry, lrn: number): Promise<NecoError> {
  const names = (await registry.bootServers.list()).map(({ name }) => name);
  return new NecoError(
    'BOOT_SERVER_UNKNOWN',
    `${serverName(lrn)} is not registered; the registered servers are ${names.join(', ')}`,
    {
      hint: 'give the LRN of one of them; to list them: neco status',
    },
  );
}
