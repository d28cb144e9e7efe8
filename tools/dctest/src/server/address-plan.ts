import { addressOf, serverName, siteSchema } from '@neco/core';

/** The one place that says which address is whose in a data centre in a box. Each has a network of its own. */
export const addressPlan = {
  /** The name of the cluster in site.yml. */
  cluster: 'dc',
  /** Bits of the network part: 10.69.0.0/16. */
  prefixLength: 16,
  /** The address of LRN 0, and how far the next LRN's is from it: what site.yml says under `addresses`. */
  first: '10.69.0.10',
  step: 1,
  /** The server with the apt repository. */
  depot: '10.69.255.254',
} as const;

/** Where boot servers reach the depot's apt repository. */
export const depotUri = `http://${addressPlan.depot}/apt`;

/** The largest LRN that has an address of its own below the depot's. */
export const largestLrn = 65_000;

/** What site.yml says on the boot server with this LRN, as an object. It is the same in each data centre. */
export function siteOf(lrn: number) {
  const { cluster, first, step } = addressPlan;
  return { cluster, lrn, addresses: { first, step } };
}

/** The address of the boot server with this LRN, by the same function that neco uses. */
export function addressOfLrn(lrn: number): string {
  return addressOf(siteSchema.parse(siteOf(lrn)), lrn);
}

/** Name and address of a server: `boot-<LRN>`, or the depot. */
export function hostOf(which: number | 'depot'): { name: string; address: string } {
  return which === 'depot'
    ? { name: 'depot', address: addressPlan.depot }
    : { name: serverName(which), address: addressOfLrn(which) };
}
