import type { X509Certificate } from 'node:crypto';
import type { Application } from '@neco/bootserver-registry';
import { inTime, NecoError, serverName, type EtcdOptions } from '@neco/core';
import { EtcdCluster, readEtcdConnection, urlAddress } from '@neco/etcd-admin';
import {
  applicationPrefix,
  hostLayout,
  type HostLayout,
  type KnownServer,
  listServers,
  readEtcdOptions,
  strayMembers,
} from '@neco/cluster-access';
import { leftAdvice, type LeftRecord } from '@neco/membership';
import { applicationCertificateState } from './certificates/certificate-status.ts';
import { findWarnings, notSetUpWarning } from './warnings/find-warnings.ts';
import { readLocalFacts, type LocalFacts } from './local/local-facts.ts';
import { probeServer, type ServerProbe } from './probes/probe-server.ts';
import { readCluster, type ClusterFacts } from './probes/read-cluster.ts';
import { readLocalCertificates } from './certificates/read-local-certificates.ts';
import { readWorker } from './local/read-worker.ts';
import type { ApplicationStatus, BootServerStatus, ClusterStatus, StatusWarning } from './status-schema.ts';
import type { ProbedServer } from './warnings/warnings-input.ts';

export interface CollectStatusOptions {
  /** Options that win over those of the configuration file. */
  etcd: Partial<EtcdOptions>;
  signal: AbortSignal;
  /** Where to look on this server; the layout of a boot server by default. */
  layout?: HostLayout;
}

/**
 * Looks at this server and, through etcd, at all others: everything at once, each request with the deadline of the etcd
 * options. Nothing is changed and no process started. What does not answer is part of the result.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID and CERTIFICATE_INVALID, when it cannot be found
 * out how to reach etcd; CANCELLED
 */
export async function collectStatus(options: CollectStatusOptions): Promise<ClusterStatus> {
  const { etcd: flags, layout = hostLayout, signal } = options;
  const [local, etcdOptions] = await Promise.all([
    readLocalFacts(layout),
    readEtcdOptions(layout.workerConfiguration, flags),
  ]);
  if (local.left !== undefined) return hasLeft(local, local.left);
  if (etcdOptions === undefined) return notSetUp(local);
  const shown = new Map<string, X509Certificate>();
  const cluster = EtcdCluster.connect({
    ...(await readEtcdConnection(etcdOptions)),
    onCertificate: (endpoint, certificate) => shown.set(endpoint, certificate),
  });
  const ended = new AbortController();
  try {
    const looking = look(cluster, local, {
      layout,
      prefix: etcdOptions.prefix,
      shown,
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
  prefix: string;
  /** The certificates that members of etcd show, by endpoint. */
  shown: ReadonlyMap<string, X509Certificate>;
  signal: AbortSignal;
}

async function look(cluster: EtcdCluster, local: LocalFacts, options: LookOptions): Promise<ClusterStatus> {
  const { layout, prefix } = options;
  const probes = new Map<string, Promise<ServerProbe>>();
  const probe = (address: string): Promise<ServerProbe> => {
    const begun = probes.get(address) ?? probeServer(cluster, { ...options, address });
    probes.set(address, begun);
    return begun;
  };
  // Those that the configuration names are asked before etcd has told who there is.
  const addresses = cluster.connection.endpoints.map(urlAddress).filter(isOutside);
  for (const address of addresses) void probe(address);
  const [facts, certificates, worker] = await Promise.all([
    readCluster(cluster, prefix),
    readLocalCertificates(local.name, layout.certificates),
    readWorker(layout),
  ]);
  const isMute = facts.members === undefined && facts.registrations === undefined;
  const known = {
    site: local.site,
    members: facts.members ?? [],
    registrations: facts.registrations ?? [],
    addresses: isMute ? addresses : [],
  };
  const servers = await Promise.all(
    listServers(known).map(async (server) => ({ ...server, probe: await probe(server.address) })),
  );
  const served = servers.flatMap(({ name, probe: { served: shown } }) =>
    shown.map(({ serial: _serial, ...certificate }) => ({ ...certificate, server: name })),
  );
  const status = {
    bootServers: servers.map((server) => bootServerStatus(server, facts)),
    etcd: {
      quorum: facts.quorum,
      ...(facts.authEnabled === undefined ? {} : { authEnabled: facts.authEnabled }),
      alarms: facts.alarms.map(({ memberId, alarm }) => ({ member: nameOf(memberId, servers), alarm })),
      strayMembers: strayMembers(known),
    },
    vault: keysStored(facts),
    worker,
    applications: facts.applications.map(applicationStatus),
    certificates: [...certificates.certificates, ...served],
  };
  const warnings = [
    ...local.warnings,
    ...certificates.warnings,
    ...findWarnings({ ...facts, ...status, servers, local, serials: certificates.serials }),
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

/** Nobody would let this server in to look. */
function hasLeft(local: LocalFacts, left: LeftRecord): ClusterStatus {
  const warning = { severity: 'fault' as const, ...leftAdvice(local.name, left) };
  return { ...notSetUp(local), state: 'left', warnings: [warning, ...local.warnings] };
}

function notSetUp(local: LocalFacts): ClusterStatus {
  const warnings = [notSetUpWarning(local), ...local.warnings];
  return {
    version: 1,
    healthy: false,
    state: local.unfinishedSetup === undefined ? 'not-set-up' : 'setting-up',
    ...identity(local),
    bootServers: [],
    etcd: { quorum: false, alarms: [], strayMembers: [] },
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
    certificates: certificates.map(({ lrn, serial, notAfter }) => ({
      server: serverName(lrn),
      serial,
      notAfter,
      state: applicationCertificateState(notAfter),
    })),
  };
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
