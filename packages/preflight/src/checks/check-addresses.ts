import { addressPlan, NecoError, serverName, sitePath, type ErrorDetail } from '@neco/core';
import type { Check } from './check.ts';

/** Own LRN in the list, an address for every LRN, and this server's address on this server. */
export const checkAddresses: Check = async ({ site, lrns, facts }) => {
  const missing = lrns.includes(site.lrn)
    ? []
    : [
        {
          message: `this server is ${serverName(site.lrn)}, and ${String(site.lrn)} is not among the LRNs given: ${lrns.join(' ')}`,
          hint: `name all boot servers, this one too, or correct "lrn" in ${sitePath}`,
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
        hint: `this server has ${present.join(', ')}: correct lrn or addresses in ${sitePath}, or set the address up first`,
      },
    ];
  } catch (error) {
    if (!(error instanceof NecoError)) throw error;
    return [{ message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }];
  }
}
