import type { X509Certificate } from 'node:crypto';
import type { Application } from '@neco/bootserver-registry';
import { inTime, NecoError, serverName, type EtcdOptions } from '@neco/core';
import { EtcdCluster, urlAddress } from '@neco/etcd-admin';
import {
  applicationPrefix,
  hostLayout,
  type HostLayout,
  type KnownServer,
  listServers,
  readConnectionAnyhow,
  readEtcdOptions,
  strayMembers,
} from '@neco/cluster-access';
import { readOnlyHost, type HostReader } from '@neco/host-installer';
import { findHostTroubles, type HostTrouble } from '@neco/preflight';
import { etcdQuota, leftAdvice, type LeftRecord } from '@neco/membership';
import { finding } from './faults/finding.ts';
import { applicationCertificateState } from './certificates/certificate-status.ts';
import { findWarnings, notSetUpWarning } from './warnings/find-warnings.ts';
import { lookAtLocalEtcd } from './local/local-etcd.ts';
import { lookAtLocalVault } from './local/local-vault.ts';
import { readLocalFacts, type LocalFacts } from './local/local-facts.ts';
import { PeerProbes } from './probes/peer-probes.ts';
import { probeServer, type ServerProbe } from './probes/probe-server.ts';
import { readCluster, type ClusterFacts } from './probes/read-cluster.ts';
import { readLocalCertificates } from './certificates/read-local-certificates.ts';
import { disabledUnits } from './local/disabled-units.ts';
import { readWorker } from './local/read-worker.ts';
import type { ApplicationStatus, BootServerStatus, ClusterStatus, StatusWarning } from './status-schema.ts';
import { VaultLogIns } from './vaults/vault-log-ins.ts';
import type { KnownTrouble, ProbedServer } from './warnings/warnings-input.ts';

/** Limit of a question at a peer port, in ms: to compare its data, a member reads all of it. */
export const peerTimeout = 5000;

export interface CollectStatusOptions {
  /** Options that win over those of the configuration file. */
  etcd: Partial<EtcdOptions>;
  signal: AbortSignal;
  /** Where to look on this server; the layout of a boot server by default. */
  layout?: HostLayout;
  /** This machine, by default as it is. */
  host?: HostReader;
  /** The log-ins of earlier looks, which are good for a while. */
  logIns?: VaultLogIns;
  /** What the peer ports of etcd said before. */
  peers?: PeerProbes;
}

/**
 * Looks at this server and, through etcd, at all others: everything at once, each request with the deadline of the etcd
 * options. Nothing is changed and no process started. What does not answer is part of the result.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID and CERTIFICATE_INVALID, when it cannot be found
 * out how to reach etcd; CANCELLED
 */
export async function collectStatus(options: CollectStatusOptions): Promise<ClusterStatus> {
  const { etcd: flags, layout = hostLayout, host = readOnlyHost(), signal } = options;
  const [local, etcdOptions] = await Promise.all([
    readLocalFacts(layout),
    readEtcdOptions(layout.workerConfiguration, flags),
  ]);
  if (local.left !== undefined) return hasLeft(local, local.left);
  if (etcdOptions === undefined) return notSetUp(local);
  const shown = new Map<string, X509Certificate>();
  const cluster = EtcdCluster.connect({
    ...(await readConnectionAnyhow(etcdOptions)),
    onCertificate: (endpoint, certificate) => shown.set(endpoint, certificate),
  });
  const ended = new AbortController();
  try {
    const looking = look(cluster, local, {
      host,
      layout,
      prefix: etcdOptions.prefix,
      shown,
      logIns: options.logIns ?? new VaultLogIns({ layout, lrn: local.site?.lrn }),
      peers: options.peers ?? new PeerProbes({ layout, timeout: peerTimeout }),
      signal: AbortSignal.any([signal, ended.signal]),
    });
    const status = await inTime(looking, { signal }, undefined);
    if (status !== undefined) return status;
    throw new NecoError('CANCELLED', 'stopped while reading the status', { hint: 'run again: neco status' });
  } finally {
    ended.abort();
    cluster.close();
  }
}

interface LookOptions {
  layout: HostLayout;
  host: HostReader;
  prefix: string;
  /** The certificates that members of etcd show, by endpoint. */
  shown: ReadonlyMap<string, X509Certificate>;
  logIns: VaultLogIns;
  peers: PeerProbes;
  signal: AbortSignal;
}

async function look(cluster: EtcdCluster, local: LocalFacts, options: LookOptions): Promise<ClusterStatus> {
  const { layout, prefix, host } = options;
  const probes = new Map<string, Promise<ServerProbe>>();
  const probe = (address: string): Promise<ServerProbe> => {
    const begun = probes.get(address) ?? probeServer(cluster, { ...options, address });
    probes.set(address, begun);
    return begun;
  };
  // Those that the configuration names are asked before etcd has told who there is.
  const addresses = cluster.connection.endpoints.map(urlAddress).filter(isOutside);
  for (const address of addresses) void probe(address);
  const [facts, certificates, worker, troubles, disabled, quotaBytes] = await Promise.all([
    readCluster(cluster, prefix),
    readLocalCertificates(local.name, layout.certificates),
    readWorker(layout),
    findHostTroubles(host),
    disabledUnits(layout),
    etcdQuota(host),
  ]);
  const isMute = facts.members === undefined && facts.registrations === undefined;
  const known = {
    site: local.site,
    members: facts.members ?? [],
    registrations: facts.registrations ?? [],
    addresses: isMute ? addresses : [],
  };
  const probed = await Promise.all(
    listServers(known).map(async (server) => ({ ...server, probe: await probe(server.address) })),
  );
  const own = probed.find(({ name }) => name === local.name);
  const [servers, localEtcd, localVault] = await Promise.all([
    withPeers(probed, options.peers),
    own?.probe.etcd instanceof NecoError ? lookAtLocalEtcd(host) : undefined,
    own?.probe.vault.state === 'unreachable' ? lookAtLocalVault(host, own.address) : undefined,
  ]);
  const served = servers.flatMap(({ name, probe: { served: shown } }) =>
    shown.map(({ serial: _serial, ...certificate }) => ({ ...certificate, server: name })),
  );
  const status = {
    bootServers: servers.map((server) => bootServerStatus(server, facts)),
    etcd: { ...clusterStatus(facts, servers), quotaBytes, strayMembers: strayMembers(known) },
    vault: keysStored(facts),
    worker,
    applications: facts.applications.map(applicationStatus),
    certificates: [...certificates.certificates, ...served],
  };
  const warnings = [
    ...local.warnings,
    ...findWarnings({
      ...facts,
      ...status,
      servers,
      local,
      disabled,
      localEtcd,
      localVault,
      serials: certificates.serials,
      unreadable: certificates.unreadable,
      troubles: troublesByName(local.name, troubles, facts.published),
    }),
  ];
  return {
    version: 1,
    healthy: isHealthy(warnings),
    state: local.unfinishedSetup === undefined ? 'set-up' : 'setting-up',
    ...identity(local),
    prefix,
    ...status,
    warnings,
  };
}

/** Asks the peer ports as well, at a revision that all members have that answer. */
async function withPeers(servers: readonly ProbedServer[], peers: PeerProbes): Promise<ProbedServer[]> {
  const revisions = servers.flatMap(({ probe: { etcd } }) =>
    etcd === undefined || etcd instanceof NecoError ? [] : [BigInt(etcd.revision)],
  );
  const [first, ...rest] = revisions;
  if (first === undefined) return [...servers];
  const revision = rest.reduce((least, one) => (one < least ? one : least), first);
  return Promise.all(
    servers.map(async (server) => {
      const isVoter = server.member !== undefined && !server.member.isLearner && server.member.name !== '';
      if (!isVoter) return server;
      return {
        ...server,
        probe: { ...server.probe, peer: await peers.ask(server.address, String(revision)) },
      };
    }),
  );
}

/** Nobody would let this server in to look. */
function hasLeft(local: LocalFacts, left: LeftRecord): ClusterStatus {
  const { message, hint } = leftAdvice(local.name, left);
  const removed = finding('server-left', message, hint);
  return { ...notSetUp(local), state: 'left', warnings: [removed, ...local.warnings] };
}

function notSetUp(local: LocalFacts): ClusterStatus {
  const warnings = [notSetUpWarning(local), ...local.warnings];
  return {
    version: 1,
    healthy: false,
    state: local.unfinishedSetup === undefined ? 'not-set-up' : 'setting-up',
    ...identity(local),
    bootServers: [],
    etcd: { quorum: false, alarms: [], alarmsKnown: false, strayMembers: [] },
    vault: {},
    applications: [],
    certificates: [],
    warnings,
  };
}

function identity({ site }: LocalFacts): { cluster?: string; lrn?: number } {
  return site === undefined ? {} : { cluster: site.cluster, lrn: site.lrn };
}

function isHealthy(warnings: readonly StatusWarning[]): boolean {
  return warnings.every(({ severity }) => severity !== 'fault');
}

function clusterStatus(
  { quorum, authEnabled, alarms, alarmsKnown }: ClusterFacts,
  servers: readonly KnownServer[],
): Pick<ClusterStatus['etcd'], 'quorum' | 'authEnabled' | 'alarms' | 'alarmsKnown'> {
  return {
    quorum,
    ...(authEnabled === undefined ? {} : { authEnabled }),
    alarms: alarms.map(({ memberId, alarm }) => ({ member: nameOf(memberId, servers), alarm })),
    alarmsKnown,
  };
}

function bootServerStatus(server: ProbedServer, facts: ClusterFacts): BootServerStatus {
  const { lrn, name, address, registration, probe } = server;
  return {
    lrn,
    name,
    address,
    registered: registration !== undefined,
    registration: registration?.state ?? (facts.registrations === undefined ? 'unknown' : 'none'),
    etcd: etcdStatus(server, facts),
    vault: probe.vault,
  };
}

function etcdStatus(
  { member, probe: { etcd } }: ProbedServer,
  facts: ClusterFacts,
): BootServerStatus['etcd'] {
  if (member === undefined && facts.members !== undefined) return { state: 'none' };
  const known = member === undefined ? {} : { id: member.id };
  if (etcd === undefined || etcd instanceof NecoError) {
    const message = etcd?.message ?? 'it was not asked';
    return { state: member?.name === '' ? 'unstarted' : 'unreachable', ...known, message };
  }
  const { version, dbSize, leader, isLearner } = etcd;
  const seen = { id: etcd.id, version, databaseBytes: dbSize };
  if (isLearner) return { state: 'learner', ...seen };
  return { state: leader === etcd.id ? 'leader' : 'follower', ...seen };
}

function applicationStatus({ name, certificates }: Application): ApplicationStatus {
  return {
    name,
    prefix: applicationPrefix(name),
    certificates: certificates.map((certificate) => ({
      server: serverName(certificate.lrn),
      serial: certificate.serial,
      notAfter: certificate.notAfter,
      state: applicationCertificateState(certificate),
    })),
  };
}

/** Of this server what it is now, not what it published a while ago. */
function troublesByName(
  local: string,
  own: readonly HostTrouble[],
  published: ClusterFacts['published'],
): Map<string, readonly KnownTrouble[]> {
  const others = [...published].map(([lrn, those]) => [serverName(lrn), those as KnownTrouble[]] as const);
  return new Map<string, readonly KnownTrouble[]>([...others, [local, own]]);
}

function keysStored({ unsealKeyStored, rootTokenStored }: ClusterFacts): ClusterStatus['vault'] {
  return {
    ...(unsealKeyStored === undefined ? {} : { unsealKeyStored }),
    ...(rootTokenStored === undefined ? {} : { rootTokenStored }),
  };
}

function nameOf(memberId: string, servers: readonly KnownServer[]): string {
  return servers.find(({ member }) => member?.id === memberId)?.name ?? memberId;
}

/** This server under the name of the loopback is no server of its own. */
function isOutside(host: string): boolean {
  return !['127.0.0.1', 'localhost', '[::1]', ''].includes(host);
}
