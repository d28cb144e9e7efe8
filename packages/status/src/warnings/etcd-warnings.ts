import { recoverSpaceCommand, repairAccessCommand } from '@neco/cluster-access';
import { megabytes, shares } from '@neco/membership';
import { finding } from '../faults/finding.ts';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { setupCommand, type WarningsInput } from './warnings-input.ts';

/** What concerns etcd as a whole: its alarms, its space, its auth. */
export function etcdWarnings(input: WarningsInput): StatusWarning[] {
  const found = input.etcd.alarms
    .filter(({ alarm }) => alarm === 'NOSPACE')
    .map(({ member }) =>
      finding(
        'etcd-no-space',
        `etcd of ${member} raised the alarm NOSPACE`,
        `run on a boot server: ${recoverSpaceCommand}`,
      ),
    );
  found.push(...input.bootServers.flatMap((server) => spaceWarnings(server, input)));
  if (input.etcd.authEnabled === false) {
    const message = 'etcd auth is off: every client certificate can read and write everything';
    found.push(finding('etcd-auth-off', message, authHint(input)));
  }
  return found;
}

/** Setup that has finished leaves etcd as it is. */
function authHint(input: WarningsInput): string {
  return input.local.unfinishedSetup === undefined
    ? `run on a boot server: ${repairAccessCommand}`
    : `on ${input.local.name}, run again: ${setupCommand(input)}`;
}

function spaceWarnings(
  { name, etcd: { databaseBytes: size } }: BootServerStatus,
  { etcd: { quotaBytes, alarms } }: WarningsInput,
): StatusWarning[] {
  if (size === undefined || quotaBytes === undefined || size < quotaBytes * shares.urgent) return [];
  // A full etcd is one matter.
  if (alarms.some(({ alarm }) => alarm === 'NOSPACE')) return [];
  const share = String(Math.floor((size / quotaBytes) * 100));
  const message = `the database of ${name} has ${megabytes(size)}, ${share} % of its quota of ${megabytes(quotaBytes)}`;
  return [finding('etcd-near-quota', message, `run on ${name}: ${recoverSpaceCommand}`)];
}
