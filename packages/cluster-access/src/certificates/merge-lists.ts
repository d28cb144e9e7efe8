import { combineCrls, isCrlOf, parseCrl, type CrlFacts } from '@neco/vault-pki';

export interface ListsToMerge {
  /** The newest list of each issuer that was seen here, DER. */
  readonly kept: readonly Buffer[];
  /** What Vault gave, that of the signing issuer first. */
  readonly fetched: readonly [Buffer, ...Buffer[]];
  /** The CAs that are trusted here, PEM; undefined when that cannot be read. */
  readonly bundle: string | undefined;
}

interface Known {
  readonly list: Buffer;
  readonly facts: CrlFacts;
}

/**
 * Decides which lists are kept and what is in force. Each new list of an issuer has a higher number, so a lower one was fetched
 * earlier, and does not replace it. What a lower one names besides is in force too: a Vault that was restored from a backup
 * counts again from there. The list of an issuer that Vault does not have any more stays while its CA is trusted.
 * @throws NecoError CERTIFICATE_INVALID
 */
export function mergeLists({ kept, fetched, bundle }: ListsToMerge): { kept: Buffer[]; inForce: Buffer } {
  const newest = new Map(kept.map(known).map((one) => [one.facts.issuer, one]));
  const besides: Buffer[] = [];
  const present = fetched.map(known);
  for (const one of present) {
    const before = newest.get(one.facts.issuer);
    if (before === undefined || numberOf(one) > numberOf(before)) newest.set(one.facts.issuer, one);
    else if (!isWithin(one, before)) besides.push(one.list);
  }
  const issuers = present.map(({ facts }) => facts.issuer);
  for (const [issuer, { list }] of newest)
    if (!issuers.includes(issuer) && bundle !== undefined && !isCrlOf(list, bundle)) newest.delete(issuer);
  const signing = newest.get(issuers[0] ?? '')?.list ?? fetched[0];
  const others = [...newest.values()].map(({ list }) => list).filter((list) => list !== signing);
  return { kept: [signing, ...others], inForce: combineCrls([signing, ...others, ...besides]) };
}

function known(list: Buffer): Known {
  return { list, facts: parseCrl(list) };
}

function numberOf({ facts }: Known): bigint {
  return facts.number ?? -1n;
}

function isWithin(one: Known, other: Known): boolean {
  const serials = new Set(other.facts.serials);
  return one.facts.serials.every((serial) => serials.has(serial));
}
