import { serverName, type SiteConfiguration, dryRunPhases, NecoError, runPhases } from '@neco/core';
import { EtcdCluster, urlAddress, type EtcdConnection } from '@neco/etcd-admin';
import { Registry } from '@neco/bootserver-registry';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import {
  ClusterAccess,
  hostLayout,
  readSite,
  withOperationLock,
  type Administration,
  type AdministratorAccess,
  type ClusterConnection,
} from '@neco/cluster-access';
import { awaitedAdvice } from './awaited-servers.ts';
import { changeLeave, readLeave } from './leave-access.ts';
import type { LeaveMeans } from './leave-means.ts';
import type { LeaveView } from './leave-context.ts';
import { lookAtCluster, membersOf, probeEarly, type LeaveFacts } from './leave-facts.ts';
import type { LeaveOptions, LeaveResult } from './leave-options.ts';
import { leavePhases } from './leave-phases.ts';
import type { PresenceProbe } from './probe-presence.ts';
import { arithmeticLines, quorumArithmetic } from './quorum-arithmetic.ts';
import { refuseLeave } from './refuse-leave.ts';
import { RevocationProof } from './revocation-proof.ts';
import { SignedCertificates } from './signed-certificates.ts';
import { demandRotation } from './compromised.ts';

/** How long another command is waited for: longer than the lock outlives a holder that was killed. */
const turnLimit = 20_000;

/** How long what was seen is believed, in ms; then, for a person was asked or another command awaited, one looks again. */
const freshFor = 3000;

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
  const facts = await lookAtCluster(cluster, site, lrn, probe);
  const { member, registration, plan } = facts;
  if (member === undefined && registration === undefined && plan === undefined) {
    const left =
      (await cluster.registry.left.at(lrn).get()) ?? (await cluster.registry.compromised.at(lrn).get());
    if (left === undefined) throw await unknownServer(cluster.registry, lrn);
    if (options.compromised && !dryRun) {
      const scope = { host, here: cluster.lrn, servers: membersOf(facts), reporter };
      await administrator.change(turnOf(options), (administration, signal) =>
        demandRotation({ ...administration, lrn, name: facts.name }, { ...scope, signal }),
      );
    }
    return { changed: false, leftAt: left.at };
  }
  const arithmetic = quorumArithmetic(facts.members, facts.healthy, member?.id);
  for (const line of arithmeticLines(arithmetic)) reporter.info(line);
  refuseLeave(facts, arithmetic, options, cluster.lrn);
  if (!dryRun && !(await options.confirm({ name: facts.name, mode: facts.mode }))) throw stays(facts.name);
  return await withRemaining(cluster, facts, async (remaining) =>
    work(remaining, site, { facts, start, administrator, certificates }, options),
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

/** What was seen and begun before. */
interface Work {
  facts: LeaveFacts;
  /** When the look began, in ms of `performance.now`. */
  start: number;
  administrator: AdministratorAccess;
  certificates: SignedCertificates;
}

async function work(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  { facts, start, administrator, certificates }: Work,
  options: LeaveOptions,
): Promise<LeaveResult> {
  const { lrn, dryRun, compromised, reporter } = options;
  const again = `neco leave ${compromised ? '--compromised ' : ''}${String(lrn)}`;
  const host = openHost();
  await using _host = dryRun ? undefined : await lockHost('operation');
  // Vault here would wait for answers of the dead one's etcd until the kernel gives the connection up.
  const cut =
    dryRun || facts.mode === 'live' ? undefined : host.cutConnections(facts.address).catch(() => undefined);
  const run = async ({ etcd, registry, vault }: Administration, held: AbortSignal): Promise<LeaveResult> => {
    await cut;
    const { name, address } = facts;
    const here = cluster.address;
    const means: LeaveMeans = { lrn, name, address, here, etcd, registry, vault, certificates };
    if (dryRun) {
      const view = { facts, access: readLeave(means), host, here: cluster.lrn, compromised };
      await dryRunPhases(leavePhases, view, reporter);
      return { changed: false };
    }
    if (performance.now() - start > freshFor) await lookAgain(cluster, site, facts, options);
    const scope = { host, here: cluster.lrn, reporter, signal: held };
    const access = changeLeave(means);
    const proof = new RevocationProof(access, host, facts.remaining);
    const context = { ...scope, facts, access, proof, compromised };
    const { changed } = await runPhases(leavePhases, context, { reporter, signal: held, again });
    const missing = await missingOf(context);
    if (compromised) await demandRotation(means, { ...scope, servers: membersOf(facts) }, missing);
    if (missing !== undefined)
      throw new NecoError('VERIFICATION_FAILED', missing.message, { hint: missing.hint });
    return { changed };
  };
  return await administrator.change({ ...turnOf(options), connection: cluster }, run).catch(inFlight);
}

/** What is left to do, where nothing more can be done now: a server that did not answer has to do it. */
async function missingOf({
  access,
  facts: { lrn },
}: LeaveView): Promise<{ message: string; hint: string } | undefined> {
  const awaited = await access.awaited();
  return awaited.length === 0 ? undefined : awaitedAdvice({ lrn, awaited });
}

function turnOf({ lrn, dryRun }: LeaveOptions): { what: string | undefined; turnLimit: number } {
  return { what: dryRun ? undefined : `neco leave ${String(lrn)}`, turnLimit };
}

/** Between the look and the change somebody was asked, and may have taken his time. */
async function lookAgain(
  cluster: ClusterConnection,
  site: SiteConfiguration,
  before: LeaveFacts,
  options: LeaveOptions,
): Promise<void> {
  const facts = await lookAtCluster(cluster, site, before.lrn);
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

function inFlight(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'BUSY') throw error;
  throw new NecoError('QUORUM_AT_RISK', `another change is in progress: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
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
