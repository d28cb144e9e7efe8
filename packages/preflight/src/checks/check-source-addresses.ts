import { addressPlan, serverName, sitePath } from '@neco/core';
import type { Check, CheckContext } from './check.ts';

/**
 * From which address this server speaks to each of the others, by its kernel. Another than the planned one is a warning: etcd speaks
 * from the planned one, and all else is known by certificates, but firewalls have rules for addresses.
 */
export const checkSourceAddresses: Check = async ({ host, site, lrns, facts, warn }) => {
  const plan = planOf({ site, lrns });
  const own = plan.get(site.lrn);
  // Where it is not on this server, that is reported.
  if (own === undefined || !facts.addresses.includes(own)) return [];
  const others = [...plan].filter(([lrn]) => lrn !== site.lrn);
  const sources = await Promise.all(
    others.map(async ([lrn, to]) => ({ to, lrn, from: await host.sourceAddress(to) })),
  );
  const unplanned = sources.filter(({ from }) => from !== undefined && from !== own);
  for (const [from = '', targets] of Map.groupBy(unplanned, (source) => source.from)) {
    const names = targets.map(({ lrn, to }) => `${serverName(lrn)} (${to})`).join(', ');
    warn?.(
      `${serverName(site.lrn)} speaks to ${names} from ${from}, and not from ${own}, its address in ${sitePath}; neco works with both: see that firewalls between the servers let both through, or give the route that address: ip route get ${targets[0]?.to ?? ''}`,
    );
  }
  return [];
};

/** Empty where the plan itself is wrong, which is reported. */
function planOf({ site, lrns }: Pick<CheckContext, 'site' | 'lrns'>): Map<number, string> {
  try {
    return addressPlan(site, [...new Set([site.lrn, ...lrns])]);
  } catch {
    return new Map();
  }
}
