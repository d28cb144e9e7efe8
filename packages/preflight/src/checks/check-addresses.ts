import { addressPlan, NecoError, serverName, sitePath, type ErrorDetail } from '@neco/core';
import type { Check } from './check.ts';

/** Own LRN in the list, an address for every LRN, and this server's address on this server. */
export const checkAddresses: Check = async ({ site, lrns, facts }) => {
  const missing = lrns.includes(site.lrn)
    ? []
    : [
        {
          message: `this server is ${serverName(site.lrn)}, but ${String(site.lrn)} is not in the given LRNs: ${lrns.join(' ')}`,
          hint: `list all boot servers, including this one, or correct "lrn" in ${sitePath}`,
        },
      ];
  return Promise.resolve([...missing, ...planFaults(site, lrns, facts.addresses)]);
};

function planFaults(
  site: Parameters<typeof addressPlan>[0],
  lrns: readonly number[],
  present: readonly string[],
): ErrorDetail[] {
  try {
    const address = addressPlan(site, [...new Set([site.lrn, ...lrns])]).get(site.lrn) ?? '';
    if (present.includes(address)) return [];
    return [
      {
        message: `${sitePath} gives ${serverName(site.lrn)} the address ${address}, which is not on this server`,
        hint: `this server has ${present.join(', ')}; correct lrn or addresses in ${sitePath}, or configure the address`,
      },
    ];
  } catch (error) {
    if (!(error instanceof NecoError)) throw error;
    return [{ message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }];
  }
}
