import { networkInterfaces } from 'node:os';
import { addressOf, addressPlan, NecoError, serverName, type SiteConfiguration } from '@neco/core';
import { readSite } from '@neco/cluster-access';

export interface CheckSiteOptions {
  /** The site configuration's path. */
  path: string;
  /** LRNs to plan for; none means this server's and those with an exception. */
  lrns: readonly number[];
  /** Whether this server's address must be one of this machine's. */
  onThisHost: boolean;
}

/** A site configuration that was found good, and what it makes of the LRNs. */
export interface CheckedSite {
  site: SiteConfiguration;
  plan: { lrn: number; name: string; address: string; here: boolean }[];
}

/**
 * Reads and validates a site configuration and works out its address plan.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function checkSite({ path, lrns, onThisHost }: CheckSiteOptions): Promise<CheckedSite> {
  const site = await readSite(path);
  const planned = lrns.length > 0 ? lrns : Object.keys(site.addresses.exceptions).map(Number);
  const all = [...new Set([site.lrn, ...planned])].sort((a, b) => a - b);
  const plan = addressPlan(site, all);
  if (onThisHost) refuseForeignAddress(site, path);
  return {
    site,
    plan: [...plan].map(([lrn, address]) => ({
      lrn,
      name: serverName(lrn),
      address,
      here: lrn === site.lrn,
    })),
  };
}

function refuseForeignAddress(site: SiteConfiguration, path: string): void {
  const address = addressOf(site, site.lrn);
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map((entry) => entry.address),
  );
  if (own.includes(address)) return;
  throw new NecoError(
    'CONFIG_INVALID',
    `${path} gives this server, ${serverName(site.lrn)}, the address ${address}, which is not on this machine`,
    {
      hint: `this machine has ${own.join(', ')}; correct lrn or addresses in ${path}, or configure the address`,
    },
  );
}
