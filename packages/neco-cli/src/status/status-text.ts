import { styleText } from 'node:util';
import type { ApplicationStatus, BootServerStatus, ClusterStatus, StatusWarning } from '@neco/status';
import { serverName } from '@neco/core';
import { tableText } from '../table-text.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** The status for people: a table of the boot servers, a summary, and what is wrong with what mends it. */
export async function statusText(status: ClusterStatus, options: { colored: boolean }): Promise<string> {
  const paint: Paint = (style, text) =>
    options.colored ? styleText(style, text, { validateStream: false }) : text;
  const parts = [headLine(status, paint)];
  if (status.bootServers.length > 0) {
    const head = ['server', 'address', 'registered', 'etcd', 'database', 'Vault', 'certificates'];
    const rows = status.bootServers.map((server) => row(server, status, paint));
    parts.push(await tableText(head, rows), summary(status).join('\n'));
  }
  if (status.warnings.length > 0)
    parts.push(status.warnings.map((each) => warningText(each, paint)).join('\n'));
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

function row(server: BootServerStatus, status: ClusterStatus, paint: Paint): string[] {
  const { name, address, registration, etcd, vault } = server;
  const given =
    vault.state === 'sealed' ? `, ${String(vault.progress)} of ${String(vault.threshold)} shares given` : '';
  return [
    name,
    address,
    stateText(registrations[registration], paint),
    stateText(etcd.state, paint, etcd.version),
    etcd.databaseBytes === undefined ? '-' : size(etcd.databaseBytes),
    `${stateText(vault.state, paint, vault.version)}${given}`,
    soonest(server, status, paint),
  ];
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

/** Times in UTC compare as they stand; for `localeCompare` Node would load its tables of languages. */
function byExpiry(one: { notAfter: string }, other: { notAfter: string }): number {
  return one.notAfter < other.notAfter ? -1 : 1;
}

/** How long the first of a server's certificates lasts. */
function soonest({ name }: BootServerStatus, { certificates }: ClusterStatus, paint: Paint): string {
  const own = certificates.filter(({ server }) => server === name);
  const first = own.sort(byExpiry)[0];
  if (first === undefined) return '-';
  const text = first.state === 'expired' ? 'expired' : `${String(first.daysLeft)} days left`;
  return first.state === 'valid' ? text : paint(first.state === 'expiring' ? 'yellow' : 'red', text);
}

function summary({ etcd, vault, worker, certificates, bootServers, applications }: ClusterStatus): string[] {
  const count = (state: string): string => {
    const number = bootServers.filter(
      (server) => server.etcd.state === state || server.vault.state === state,
    ).length;
    return `${String(number)} ${state}`;
  };
  const members = bootServers.filter((server) => server.etcd.state !== 'none').length;
  const alarms = etcd.alarms.map(({ member, alarm }) => `${alarm} of ${member}`).join(', ');
  const first = [...certificates].sort(byExpiry)[0];
  return [
    `etcd          ${String(members)} members, ${etcd.quorum ? 'quorum' : 'no quorum'}, auth ${known(etcd.authEnabled, 'on', 'off')}, ${alarms === '' ? 'no alarm' : alarms}`,
    `Vault         ${count('active')}, ${count('standby')}; unseal key ${known(vault.unsealKeyStored, 'in etcd', 'not in etcd')}, root token ${known(vault.rootTokenStored, 'left in etcd', 'not in etcd')}`,
    ...(worker === undefined ? [] : [`neco-worker   ${workerText(worker)}`]),
    ...(applications.length === 0 ? ['applications  none'] : applications.map(applicationLine)),
    ...(first === undefined
      ? []
      : [
          `certificates  the first to expire: ${first.where} of ${first.server} on ${first.notAfter.slice(0, 10)}`,
        ]),
  ];
}

/** Not a warning: setup leaves it to the admin to start it. */
function workerText({ running, enabled }: NonNullable<ClusterStatus['worker']>): string {
  const here = running ? 'runs on this server' : 'not started on this server';
  if (running && enabled) return `${here}, and will after a boot`;
  if (running) return `${here}, but will not after a boot: systemctl enable neco-worker`;
  return `${here}; it follows who joins and leaves: systemctl ${enabled ? 'start' : 'enable --now'} neco-worker`;
}

/** Where an application has certificates; what is wrong with one is among the warnings. */
function applicationLine({ name, certificates }: ApplicationStatus, index: number): string {
  const servers = certificates.map(({ server }) => server).join(', ');
  const where = servers === '' ? 'no certificate yet' : `certificates on ${servers}`;
  return `${index === 0 ? 'applications' : '            '}  ${name}: ${where}`;
}

function known(value: boolean | undefined, yes: string, no: string): string {
  if (value === undefined) return 'unknown';
  return value ? yes : no;
}

function warningText({ severity, message, hint }: StatusWarning, paint: Paint): string {
  return `${paint(severity === 'fault' ? 'red' : 'yellow', `${severity}: ${message}`)}\n  ${hint}`;
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power] ?? ''}`;
}
