import { serverName, type NecoError } from '@neco/core';
import type { KnownServer } from './list-servers.ts';
import type { LocalFacts } from './local-facts.ts';
import { plainSerial } from './probe-served-certificate.ts';
import type { ServerProbe } from './probe-server.ts';
import { replacementHint } from './replacement-hint.ts';
import type { BootServerStatus, CertificateStatus, ClusterStatus, StatusWarning } from './status-schema.ts';

type ProbedServer = KnownServer & { probe: ServerProbe };

export interface WarningsInput extends Pick<
  ClusterStatus,
  'bootServers' | 'etcd' | 'vault' | 'certificates'
> {
  servers: readonly ProbedServer[];
  /** LRNs of servers whose leave was begun and has not ended. */
  unfinishedLeaves: readonly number[];
  /** What could not be read from etcd. */
  errors: readonly NecoError[];
  local: LocalFacts;
}

/** What is not as it should be, each with what mends it. */
export function findWarnings(input: WarningsInput): StatusWarning[] {
  const again = setupCommand(input);
  return [
    ...setupWarnings(input.local),
    ...quorumWarnings(input),
    ...input.bootServers.flatMap((server) => memberWarnings(server, again)),
    ...etcdWarnings(input, again),
    ...input.bootServers.flatMap((server) => vaultWarnings(server, input.vault, again)),
    ...activeWarnings(input),
    ...input.unfinishedLeaves.map(unfinishedLeave),
    ...keyWarnings(input, again),
    ...input.certificates.flatMap((certificate) => certificateWarnings(certificate, input)),
    ...input.servers.flatMap(staleWarnings),
    ...versionWarnings('etcd', input.bootServers),
    ...versionWarnings('vault', input.bootServers),
  ];
}

/** Before setup: says so, and what to run. */
export function notSetUpWarning({ name, site, unfinishedSetup }: LocalFacts): StatusWarning {
  if (unfinishedSetup !== undefined) return unfinished(name, unfinishedSetup);
  const first = site === undefined ? 'neco site init, then ' : '';
  return fault(
    `${name} is not set up yet`,
    `on all boot servers at once: ${first}neco setup LRN LRN LRN (all their LRNs, as in neco setup 0 1 2)`,
  );
}

function fault(message: string, hint: string): StatusWarning {
  return { severity: 'fault', message, hint };
}

function warning(message: string, hint: string): StatusWarning {
  return { severity: 'warning', message, hint };
}

function setupCommand({ bootServers }: WarningsInput): string {
  return `neco setup ${bootServers.map(({ lrn }) => String(lrn)).join(' ')}`;
}

function setupWarnings({ name, unfinishedSetup }: LocalFacts): StatusWarning[] {
  return unfinishedSetup === undefined ? [] : [unfinished(name, unfinishedSetup)];
}

function unfinished(name: string, lrns: readonly number[]): StatusWarning {
  return fault(
    `setup has begun on ${name} and has not finished`,
    `on ${lrns.map(serverName).join(', ')} run again: neco setup ${lrns.join(' ')}`,
  );
}

function quorumWarnings({ etcd, errors, bootServers }: WarningsInput): StatusWarning[] {
  // Without a majority all reads fail for the one reason.
  const [first] = errors;
  if (etcd.quorum || first === undefined) {
    return errors.map(({ message, hint }) => fault(message, hint ?? 'look into the log: journalctl -u etcd'));
  }
  const down = bootServers.filter((server) => server.etcd.state === 'unreachable').map(({ name }) => name);
  return [
    fault(
      `etcd gives no answer that a majority of its members stands behind: ${first.message}`,
      down.length === 0
        ? (first.hint ?? 'systemctl status etcd')
        : `on ${down.join(', ')}: systemctl start etcd`,
    ),
  ];
}

function memberWarnings({ lrn, name, registered, etcd }: BootServerStatus, again: string): StatusWarning[] {
  const leave = `neco leave ${String(lrn)}`;
  const look = `on ${name}: systemctl start etcd; its log: journalctl -u etcd`;
  const found: StatusWarning[] = [];
  if (etcd.state === 'unreachable')
    found.push(
      fault(
        `etcd of ${name} does not answer: ${etcd.message ?? ''}`,
        `${look}; if it is gone for good, on another boot server: ${leave}`,
      ),
    );
  if (etcd.state === 'unstarted')
    found.push(fault(`etcd of ${name} was added and has never started`, `${look}; to take it out: ${leave}`));
  if (etcd.state === 'learner')
    found.push(warning(`etcd of ${name} is a learner and does not vote yet`, look));
  if (etcd.state === 'none' && registered) {
    const hint = `to take it out: ${leave}; to make it a member again, on ${name}: neco join with the LRNs of three others`;
    found.push(fault(`${name} is no member of etcd, but registered`, hint));
  }
  if (etcd.state === 'none' && !registered) {
    const hint = `on ${name} run: neco join with the LRNs of three boot servers, or while setup is under way: ${again}`;
    found.push(fault(`${name} is no member of etcd`, hint));
  }
  if (!registered && etcd.state !== 'none') {
    const hint = `to take it out, on another boot server: ${leave}; while setup is under way, on ${name}: ${again}`;
    found.push(fault(`${name} is a member of etcd, but not registered`, hint));
  }
  return found;
}

function etcdWarnings({ etcd }: WarningsInput, again: string): StatusWarning[] {
  const mends: Record<string, string> = {
    NOSPACE: 'etcdctl compact REVISION, etcdctl defrag, then etcdctl alarm disarm',
    CORRUPT: 'stop that member, remove it, and let it join again with an empty disk',
  };
  const found = etcd.alarms.map(({ member, alarm }) =>
    fault(`etcd of ${member} raises the alarm ${alarm}`, mends[alarm] ?? 'etcdctl alarm list'),
  );
  if (etcd.authEnabled === false) {
    found.push(
      fault('auth of etcd is off: every client certificate can read and write everything', `run: ${again}`),
    );
  }
  return found;
}

function vaultWarnings(
  { name, address, vault }: BootServerStatus,
  { unsealKeyStored }: ClusterStatus['vault'],
  again: string,
): StatusWarning[] {
  const unsealing =
    unsealKeyStored === true
      ? `on ${name}: systemctl restart neco-updater, which unseals it with the key in etcd`
      : `VAULT_ADDR=https://${address}:8200 VAULT_CACERT=/etc/neco/ca/server.crt vault operator unseal`;
  const look = `on ${name}: systemctl restart vault; its log: journalctl -u vault`;
  if (vault.state === 'sealed') return [fault(`Vault of ${name} is sealed`, unsealing)];
  if (vault.state === 'uninitialized')
    return [fault(`Vault of ${name} is not initialised`, `on ${name} run: ${again}`)];
  if (vault.state === 'unreachable')
    return [fault(`Vault of ${name} does not answer: ${vault.message ?? ''}`, look)];
  return [];
}

function activeWarnings({ bootServers }: WarningsInput): StatusWarning[] {
  const standbys = bootServers.filter(({ vault }) => vault.state === 'standby').map(({ name }) => name);
  if (standbys.length === 0 || bootServers.some(({ vault }) => vault.state === 'active')) return [];
  return [
    fault(
      'no Vault is active',
      `on ${standbys.join(', ')}: systemctl restart vault; its log: journalctl -u vault`,
    ),
  ];
}

function unfinishedLeave(lrn: number): StatusWarning {
  return fault(
    `the leave of ${serverName(lrn)} was begun and has not ended`,
    `run again: neco leave ${String(lrn)}`,
  );
}

function keyWarnings({ vault }: WarningsInput, again: string): StatusWarning[] {
  if (vault.rootTokenStored !== true) return [];
  return [warning('the root token of Vault was left in etcd', `revoke it: ${again} (without --no-revoke)`)];
}

function certificateWarnings(
  certificate: CertificateStatus,
  { bootServers, local }: WarningsInput,
): StatusWarning[] {
  const { state, server, where, notBefore, notAfter, daysLeft } = certificate;
  const what = `the certificate ${where} of ${server}`;
  const known = bootServers.find(({ name }) => name === server);
  const replace =
    local.unfinishedSetup === undefined
      ? replacementHint(where, known)
      : 'go on with setup, which issues it anew';
  if (state === 'expired') return [fault(`${what} has expired on ${notAfter}`, replace)];
  if (state === 'not-yet-valid') {
    return [
      fault(`${what} is not valid before ${notBefore}`, `set the clocks right: on ${server}, timedatectl`),
    ];
  }
  if (state === 'expiring')
    return [warning(`${what} expires in ${String(daysLeft)} days, on ${notAfter}`, replace)];
  return [];
}

/** A service that was not told of its new certificate goes on with the old one. */
function staleWarnings({ name, registration, probe }: ProbedServer): StatusWarning[] {
  const serials = registration?.serials.map(plainSerial);
  if (serials === undefined) return [];
  return probe.served
    .filter(({ serial }) => !serials.includes(serial))
    .map(({ where }) =>
      warning(
        `${where} of ${name} serves a certificate that is not among those registered for it`,
        `on ${name}: systemctl reload-or-restart ${where.endsWith(':8200') ? 'vault' : 'etcd'}`,
      ),
    );
}

function versionWarnings(service: 'etcd' | 'vault', servers: readonly BootServerStatus[]): StatusWarning[] {
  const byVersion = Map.groupBy(
    servers.filter((server) => server[service].version !== undefined),
    (server) => server[service].version ?? '',
  );
  if (byVersion.size < 2) return [];
  const list = [...byVersion].map(
    ([version, those]) => `${version} on ${those.map(({ name }) => name).join(', ')}`,
  );
  return [
    warning(
      `the boot servers run different versions of ${service}: ${list.join('; ')}`,
      `install one version on all: apt-get install neco-${service}, then systemctl restart ${service}, one server at a time`,
    ),
  ];
}
