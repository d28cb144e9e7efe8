import { stripVTControlCharacters, styleText } from 'node:util';
import type {
  ApplicationStatus,
  BootServerStatus,
  CertificateStatus,
  ClusterStatus,
  StatusWarning,
} from '@neco/status';
import { durationText, serverName } from '@neco/core';
import { tableText } from '../table-text.ts';
import { wrappedText } from './wrapped-text.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

export interface StatusTextOptions {
  colored: boolean;
  /** The width to fit into; undefined if the output is not a terminal, so that its lines are whole. */
  columns: number | undefined;
}

/** The status for people: a table of the boot servers, a summary, and each fault with its remedy. */
export async function statusText(
  status: ClusterStatus,
  { colored, columns }: StatusTextOptions,
): Promise<string> {
  const paint: Paint = (style, text) => (colored ? styleText(style, text, { validateStream: false }) : text);
  const parts = [headLine(status, paint)];
  if (status.bootServers.length > 0) {
    const { table, versions } = await serverTable(status, paint, columns);
    const lines = summary(status, versions).map((line) =>
      wrappedText(line, { columns, indent: summaryIndent }),
    );
    parts.push(table, lines.join('\n'));
  }
  if (status.warnings.length > 0)
    parts.push(status.warnings.map((each) => warningText(each, paint, columns)).join('\n'));
  return parts.join('\n\n');
}

function headLine({ cluster, lrn, healthy, warnings }: ClusterStatus, paint: Paint): string {
  const what = cluster === undefined ? 'cluster' : `cluster ${cluster}`;
  const here = lrn === undefined ? '' : `, seen from ${serverName(lrn)}`;
  const faults = warnings.filter(({ severity }) => severity === 'fault').length;
  const verdict = healthy
    ? paint('green', 'healthy')
    : paint('red', `${String(faults)} ${faults === 1 ? 'fault' : 'faults'}`);
  return `${what}${here}: ${verdict}`;
}

/** What the table shows of each server: less on a narrow terminal, where the summary has the versions. */
interface TableLayout {
  versions: boolean;
  database: boolean;
  /** Short words for the longest states. */
  short: boolean;
}

const layouts: readonly TableLayout[] = [
  { versions: true, database: true, short: false },
  { versions: false, database: true, short: false },
  { versions: false, database: true, short: true },
  { versions: false, database: false, short: true },
];

/** The first layout that fits. */
async function serverTable(
  status: ClusterStatus,
  paint: Paint,
  columns = Infinity,
): Promise<{ table: string; versions: boolean }> {
  let table = '';
  for (const layout of layouts) {
    const head = [
      'server',
      'address',
      layout.short ? 'joined' : 'registered',
      'etcd',
      ...(layout.database ? ['database'] : []),
      'Vault',
      layout.short ? 'expires in' : 'certificates',
    ];
    table = await tableText(
      head,
      status.bootServers.map((server) => row(server, status, paint, layout)),
    );
    const width = Math.max(
      ...stripVTControlCharacters(table)
        .split('\n')
        .map((line) => line.length),
    );
    if (width <= columns) return { table, versions: !layout.versions };
  }
  return { table, versions: true };
}

function row(server: BootServerStatus, status: ClusterStatus, paint: Paint, layout: TableLayout): string[] {
  const { name, address, registration, etcd, vault } = server;
  const version = (text: string | undefined) => (layout.versions ? text : undefined);
  return [
    name,
    address,
    stateText(registrations[registration], paint),
    stateText(etcd.state, paint, version(etcd.version)),
    ...(layout.database ? [etcd.databaseBytes === undefined ? '-' : size(etcd.databaseBytes)] : []),
    `${stateText(vault.state, paint, version(vault.version))}${sharesGiven(vault, layout)}`,
    soonest(server, status, paint, layout),
  ];
}

function sharesGiven(
  { state, progress, threshold }: BootServerStatus['vault'],
  { short }: TableLayout,
): string {
  if (state !== 'sealed') return '';
  const [given, needed] = [String(progress), String(threshold)];
  return short ? ` (${given}/${needed})` : `, ${given} of ${needed} shares given`;
}

const registrations = {
  active: 'yes',
  joining: 'joining',
  none: 'no',
  unknown: 'unknown',
} as const;
const good = ['yes', 'leader', 'follower', 'active', 'standby'];
const passing = ['joining', 'learner', 'unknown'];

function stateText(state: string, paint: Paint, version = ''): string {
  const style = good.includes(state) ? 'green' : passing.includes(state) ? 'yellow' : 'red';
  return `${paint(style, state)}${version === '' ? '' : ` ${version}`}`;
}

/** UTC times compare as strings; `localeCompare` would make Node load its language tables. */
function byExpiry(one: { notAfter: string }, other: { notAfter: string }): number {
  return one.notAfter < other.notAfter ? -1 : 1;
}

/** The remaining life of the certificate of a server that expires first. */
function soonest(
  { name }: BootServerStatus,
  { certificates }: ClusterStatus,
  paint: Paint,
  { short }: TableLayout,
): string {
  const own = certificates.filter(({ server }) => server === name);
  const first = own.sort(byExpiry)[0];
  if (first === undefined) return '-';
  const text = first.state === 'expired' ? 'expired' : `${lifeLeft(first)}${short ? '' : ' left'}`;
  return first.state === 'valid' ? text : paint(first.state === 'expiring' ? 'yellow' : 'red', text);
}

/** In days, below two of them to the minute. */
function lifeLeft({ daysLeft, notAfter }: CertificateStatus): string {
  return daysLeft >= 2 ? `${String(daysLeft)} days` : durationText(Date.parse(notAfter) - Date.now());
}

const summaryIndent = ' '.repeat('applications  '.length);

/** A server that cannot use its own certificate does not know whether the others have a quorum. */
function quorumText({ etcd, warnings }: ClusterStatus): string {
  if (etcd.quorum) return 'quorum';
  return warnings.some(({ id }) => id === 'etcd-quorum-lost') ? 'no quorum' : 'quorum unknown';
}

/** @param versions whether to name the versions, because the table does not. */
function summary(status: ClusterStatus, versions: boolean): string[] {
  const { etcd, vault, worker, certificates, bootServers, applications } = status;
  const count = (state: string): string => {
    const number = bootServers.filter(
      (server) => server.etcd.state === state || server.vault.state === state,
    ).length;
    return `${String(number)} ${state}`;
  };
  const members = bootServers.filter((server) => server.etcd.state !== 'none').length;
  const alarms = etcd.alarms.map(({ member, alarm }) => `${alarm} on ${member}`).join(', ');
  const noAlarms = etcd.alarmsKnown ? 'no alarms' : 'alarms unknown';
  const first = [...certificates].sort(byExpiry)[0];
  const version = (service: 'etcd' | 'vault') => (versions ? versionsOf(bootServers, service) : '');
  return [
    `etcd          ${String(members)} members${version('etcd')}, ${quorumText(status)}, auth ${known(etcd.authEnabled, 'on', 'off')}, ${alarms === '' ? noAlarms : alarms}`,
    `Vault         ${count('active')}, ${count('standby')}${version('vault')}; unseal key ${known(vault.unsealKeyStored, 'in etcd', 'not in etcd')}, root token ${known(vault.rootTokenStored, 'left in etcd', 'not in etcd')}`,
    ...(worker === undefined ? [] : [`neco-worker   ${workerText(worker)}`]),
    ...(applications.length === 0 ? ['applications  none'] : applications.map(applicationLine)),
    ...(first === undefined
      ? []
      : [
          `certificates  first to expire: ${first.where} of ${first.server} on ${first.daysLeft >= 2 ? first.notAfter.slice(0, 10) : first.notAfter}`,
        ]),
  ];
}

/** Such as ` (3.7.3)`; several versions are a fault, which the warnings explain. */
function versionsOf(servers: readonly BootServerStatus[], service: 'etcd' | 'vault'): string {
  const all = servers.map((server) => server[service].version).filter((version) => version !== undefined);
  return all.length === 0 ? '' : ` (${[...new Set(all)].join(', ')})`;
}

/** Not a warning: setup leaves it to the administrator to start neco-worker. */
function workerText({ running, enabled }: NonNullable<ClusterStatus['worker']>): string {
  if (running && enabled) return 'running on this server, enabled at boot';
  if (running) return 'running on this server; to start it at boot too: systemctl enable neco-worker';
  return `not running on this server; to start it: systemctl ${enabled ? 'start' : 'enable --now'} neco-worker`;
}

/** The servers on which an application has a certificate; faulty ones are among the warnings. */
function applicationLine({ name, certificates }: ApplicationStatus, index: number): string {
  const servers = certificates.map(({ server }) => server).join(', ');
  const where = servers === '' ? 'no certificates yet' : `certificates on ${servers}`;
  return `${index === 0 ? 'applications' : '            '}  ${name}: ${where}`;
}

function known(value: boolean | undefined, yes: string, no: string): string {
  if (value === undefined) return 'unknown';
  return value ? yes : no;
}

function warningText({ severity, message, hint }: StatusWarning, paint: Paint, columns?: number): string {
  const [first = '', ...more] = wrappedText(`${severity}: ${message}`, { columns, indent: '  ' }).split('\n');
  const style = severity === 'fault' ? 'red' : 'yellow';
  const lines = [first, ...more].map((line) => paint(style, line));
  return [...lines, wrappedText(`  ${hint}`, { columns, indent: '  ' })].join('\n');
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power] ?? ''}`;
}
