import { messageOf, NecoError, type ErrorDetail, type SiteConfiguration } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { checkAddresses } from './checks/check-addresses.ts';
import { checkDiskSpace } from './checks/check-disk-space.ts';
import { checkHostTroubles } from './checks/check-host-troubles.ts';
import { checkLeftovers } from './checks/check-leftovers.ts';
import { checkPackages } from './checks/check-packages.ts';
import { checkPorts } from './checks/check-ports.ts';
import { checkSourceAddresses } from './checks/check-source-addresses.ts';
import { checkSystem } from './checks/check-system.ts';
import type { Check, CheckContext } from './checks/check.ts';

export interface HostChecksOptions {
  /** Whether this server already takes part in this very setup: what lies there is then its own. */
  resuming: boolean;
  /** What to do with what another cluster left here: nothing at all, because it is put aside; or this hint is given. */
  leftovers?: 'put aside' | { hint: string };
  /** Whether this server's own etcd and Vault are stopped before their ports are needed. */
  stopsOwn?: boolean;
  /** Told of what is no reason to refuse. */
  warn?: (message: string) => void;
  signal?: AbortSignal;
}

const forAnyone: readonly Check[] = [checkAddresses, checkSourceAddresses, checkSystem];
/** These can see what they look at only as root. */
const forRoot: readonly Check[] = [
  checkPorts,
  checkDiskSpace,
  checkHostTroubles,
  checkPackages,
  checkLeftovers,
];

/**
 * Looks for all that is wrong with this server and changes nothing; the lists of packages are fetched into a scratch
 * directory of neco's own. The checks run side by side.
 * @returns one finding for each fault, with what to do; none when all is well
 * @throws NecoError CANCELLED
 */
export async function hostChecks(
  host: HostReader,
  site: SiteConfiguration,
  lrns: readonly number[],
  options: HostChecksOptions,
): Promise<ErrorDetail[]> {
  const facts = await host.facts();
  const context: CheckContext = { host, site, lrns, facts, ...options };
  const checks = facts.uid === 0 ? [...forAnyone, ...forRoot] : forAnyone;
  const findings = await Promise.all(checks.map((check) => findingsOf(check, context)));
  return [...rootFaults(facts.uid), ...findings.flat()];
}

function rootFaults(uid: number): ErrorDetail[] {
  if (uid === 0) return [];
  return [
    {
      message: `this process runs as user ${String(uid)}, not as root; ports, disks, packages and leftovers were not checked`,
      hint: 'run the command as root',
    },
  ];
}

/** What a check could not look at is a finding too, beside those of the others. */
async function findingsOf(check: Check, context: CheckContext): Promise<ErrorDetail[]> {
  try {
    return await check(context);
  } catch (error) {
    if (error instanceof NecoError && error.code === 'CANCELLED') throw error;
    const hint = error instanceof NecoError ? error.hint : undefined;
    return [{ message: messageOf(error), ...(hint === undefined ? {} : { hint }) }];
  }
}
