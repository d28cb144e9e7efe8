import { durationText } from '@neco/core';
import { finding } from '../faults/finding.ts';
import type { FaultId } from '../faults/fault-table.ts';
import type { StatusWarning } from '../status-schema.ts';
import type { WarningsInput } from './warnings-input.ts';

/** The most that two clocks may differ, in ms: as at setup, and a second more, because Vault tells whole ones. */
const tolerance = 6000;

/** What is seen wrongly by a server whose own clock is wrong: it takes good certificates for expired, or not yet valid. */
const misjudged: readonly FaultId[] = [
  'certificate-expired',
  'certificate-expiring',
  'certificate-not-yet-valid',
  'application-certificate-expired',
  'application-certificate-expiring',
  'etcd-unreachable',
  'etcd-quorum-lost',
  'etcd-read-failed',
  'vault-unreachable',
  'vault-none-active',
  'vault-not-serving',
  'vault-refuses-server',
];

/**
 * Clocks that are not as the others', held against the one in the middle, so that a single wrong one is named.
 * Of two clocks nobody knows which is right.
 */
export function clockWarnings(input: WarningsInput): StatusWarning[] {
  const clocks = clocksOf(input);
  if (clocks.length === 2) return pairWarning(clocks);
  return wrongClocks(clocks).map(({ name, difference }) => {
    const direction = difference > 0 ? 'ahead of' : 'behind';
    const message = `the clock of ${name} is ${durationText(Math.abs(difference))} ${direction} the others`;
    return finding('clock-differs', message, synchronize(name));
  });
}

interface Clock {
  name: string;
  /** From this server's, in ms. */
  offset: number;
}

/** The earliest first. */
function clocksOf({ servers, local }: WarningsInput): Clock[] {
  const others = servers.flatMap(({ name, probe: { health } }) =>
    health === undefined || name === local.name ? [] : [{ name, offset: health.clockOffset }],
  );
  return [{ name: local.name, offset: 0 }, ...others].sort((one, other) => one.offset - other.offset);
}

/** Those that are not as the one in the middle, and by how much; of two none. */
function wrongClocks(clocks: readonly Clock[]): { name: string; difference: number }[] {
  if (clocks.length === 2) return [];
  const middle = clocks[Math.floor((clocks.length - 1) / 2)]?.offset ?? 0;
  return clocks
    .map(({ name, offset }) => ({ name, difference: offset - middle }))
    .filter(({ difference }) => Math.abs(difference) > tolerance);
}

function pairWarning(clocks: readonly Clock[]): StatusWarning[] {
  const [first, last] = [clocks[0], clocks[1]];
  if (first === undefined || last === undefined || last.offset - first.offset <= tolerance) return [];
  const message = `the clocks of ${first.name} and ${last.name} differ by ${durationText(last.offset - first.offset)}`;
  return [finding('clock-differs', message, synchronize(`${first.name} and ${last.name}`))];
}

/** What remains of the findings: a server whose own clock is wrong is not believed what it says of certificates. */
export function withoutMisjudged(warnings: readonly StatusWarning[], input: WarningsInput): StatusWarning[] {
  const { name } = input.local;
  const isWrong =
    wrongClocks(clocksOf(input)).some((clock) => clock.name === name) ||
    (input.troubles.get(name) ?? []).some(({ id }) => id === 'clock-impossible');
  return isWrong ? warnings.filter(({ id }) => !misjudged.includes(id)) : [...warnings];
}

function synchronize(name: string): string {
  return `on ${name}: synchronize the clock with chrony (chronyc makestep) or systemd-timesyncd (systemctl restart systemd-timesyncd); to see it: timedatectl`;
}
