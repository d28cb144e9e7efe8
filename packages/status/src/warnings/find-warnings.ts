import type { UnfinishedLeave } from '@neco/bootserver-registry';
import { serverName, type NecoError } from '@neco/core';
import { repairAccessCommand } from '@neco/cluster-access';
import { awaitedAdvice } from '@neco/membership';
import type { FaultId } from '../faults/fault-table.ts';
import { finding } from '../faults/finding.ts';
import { clockWarnings, withoutMisjudged } from './clock-warnings.ts';
import { recordWarning } from './record-warning.ts';
import { hostWarnings } from './host-warnings.ts';
import { isBlind, remedyFirst } from './remedy-first.ts';
import { certificateWarnings, unusableWarnings } from './certificate-warnings.ts';
import { dataWarnings } from './data-warnings.ts';
import { etcdWarnings } from './etcd-warnings.ts';
import type { LocalFacts } from '../local/local-facts.ts';
import { memberWarnings } from './member-warnings.ts';
import { peerFaults } from './peers/peer-faults.ts';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { vaultWarnings } from './vault-warnings.ts';
import type { WarningsInput } from './warnings-input.ts';

/** What is not as it should be, each with its remedy. */
export function findWarnings(input: WarningsInput): StatusWarning[] {
  const all = [
    ...setupWarnings(input.local),
    ...clockWarnings(input),
    ...hostWarnings(input),
    ...disabledWarnings(input),
    // What else is reported may follow from these, and nothing else helps before they are replaced.
    ...unusableWarnings(input),
    ...quorumWarnings(input),
    // With a peer that is not let in, starting etcd again is of no use.
    ...peerFaults(input),
    ...dataWarnings(input),
    ...memberWarnings(input),
    ...etcdWarnings(input),
    ...vaultWarnings(input),
    ...input.unfinishedLeaves.map(unfinishedLeave),
    ...certificateWarnings(input),
    ...versionWarnings('etcd', input.bootServers),
    ...versionWarnings('vault', input.bootServers),
  ];
  return withoutMisjudged(withoutUnseen(all, input), input);
}

/** What a server that cannot look into etcd seems to see there; why it cannot is reported. */
const unseen: readonly FaultId[] = [
  'etcd-quorum-lost',
  'etcd-read-failed',
  'etcd-unreachable',
  'member-not-registered',
];

function withoutUnseen(warnings: readonly StatusWarning[], input: WarningsInput): StatusWarning[] {
  return isBlind(input) ? warnings.filter(({ id }) => !unseen.includes(id)) : [...warnings];
}

/** Before setup: says so, and what to run. */
export function notSetUpWarning({ name, site, unfinishedSetup }: LocalFacts): StatusWarning {
  if (unfinishedSetup !== undefined) return unfinished(name, unfinishedSetup);
  const first = site === undefined ? 'neco site init, then ' : '';
  return finding(
    'not-set-up',
    `${name} is not set up yet`,
    `on all boot servers at the same time: ${first}neco setup LRN LRN LRN (with all their LRNs, as in neco setup 0 1 2)`,
  );
}

function setupWarnings({ name, unfinishedSetup }: LocalFacts): StatusWarning[] {
  return unfinishedSetup === undefined ? [] : [unfinished(name, unfinishedSetup)];
}

/** Of a server that is one: before, neco itself enables each unit in its time. */
function disabledWarnings({ local, disabled, bootServers }: WarningsInput): StatusWarning[] {
  const self = bootServers.find(({ lrn }) => lrn === local.site?.lrn);
  const isActive = local.unfinishedSetup === undefined && self?.registration === 'active';
  if (!isActive || disabled.length === 0) return [];
  return [
    finding(
      'unit-disabled',
      `${disabled.join(', ')} would not start when ${local.name} boots`,
      `on ${local.name}: systemctl enable ${disabled.join(' ')}`,
    ),
  ];
}

function unfinished(name: string, lrns: readonly number[]): StatusWarning {
  return finding(
    'setup-incomplete',
    `setup was started on ${name} and is not complete`,
    `on ${lrns.map(serverName).join(', ')}, run again: neco setup ${lrns.join(' ')}`,
  );
}

function quorumWarnings(input: WarningsInput): StatusWarning[] {
  const { etcd, errors, brokenRecords, bootServers } = input;
  // Without a majority all reads fail for the one reason.
  const [first] = errors;
  if (etcd.quorum || first === undefined) {
    return [...errors.map(readFailure), ...brokenRecords.map((error) => recordWarning(error, input))];
  }
  const down = bootServers.filter((server) => server.etcd.state === 'unreachable').map(({ name }) => name);
  const startable = down.filter((name) => remedyFirst(name, input) === undefined);
  const [blocked] = down.map((name) => remedyFirst(name, input)).filter((remedy) => remedy !== undefined);
  const start = `on ${startable.join(', ')}: systemctl start --no-block etcd`;
  const lost =
    'while more than half of the members are away none can be removed; if their disks are lost for good, keep the data of those that are left: only a restore of that brings the cluster back, and neco has no command for it yet';
  const remedy = startable.length === 0 ? (blocked ?? '') : `${start}; ${lost}`;
  const hint = down.length === 0 ? (first.hint ?? 'systemctl status etcd') : remedy;
  return [finding('etcd-quorum-lost', `etcd has no quorum: ${first.message}`, hint)];
}

/** With a quorum it is a right that is missing, as after `etcdctl role revoke-permission`, or etcd that is slow. */
function readFailure({ code, message, hint }: NecoError): StatusWarning {
  const isRight = code === 'ETCD_PERMISSION_DENIED' || code === 'ETCD_UNAUTHENTICATED';
  const again = 'run neco status again; when it says the same, read what etcd says: journalctl -u etcd -n 20';
  const repair = `run on a boot server: ${repairAccessCommand}`;
  return finding('etcd-read-failed', message, isRight ? repair : (hint ?? again));
}

function unfinishedLeave(leave: UnfinishedLeave): StatusWarning {
  const { lrn, awaited } = leave;
  if (awaited.length > 0) {
    const { message, hint } = awaitedAdvice(leave);
    return finding('leave-unproved', message, hint);
  }
  return finding(
    'leave-incomplete',
    `the leave of ${serverName(lrn)} is not complete`,
    `on another boot server than ${serverName(lrn)}, run again: neco leave ${String(lrn)}`,
  );
}

function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

function versionWarnings(service: 'etcd' | 'vault', servers: readonly BootServerStatus[]): StatusWarning[] {
  const byVersion = Map.groupBy(
    servers.filter((server) => server[service].version !== undefined),
    (server) => server[service].version ?? '',
  );
  if (byVersion.size < 2) return [];
  const byAge = [...byVersion].sort(([one], [other]) => compareVersions(one, other));
  const list = byAge.map(([version, those]) => `${version} on ${those.map(({ name }) => name).join(', ')}`);
  const older = byAge.slice(0, -1).flatMap(([, those]) => those.map(({ name }) => name));
  return [
    finding(
      'versions-differ',
      `the boot servers run different versions of ${service}: ${list.join('; ')}`,
      // One after another: each may be the one that the quorum needs.
      `on ${older.join(', then, once status sees the first healthy, on ')}: apt-get update; apt-get install neco-${service}; systemctl restart --no-block ${service}`,
    ),
  ];
}
