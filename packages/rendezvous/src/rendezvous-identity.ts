import { maxLrn, NecoError, serverName } from '@neco/core';

/** What a client says of itself in the clear when it connects: what its admin gave it, nothing secret. */
export interface RendezvousIdentity {
  lrn: number;
  cluster: string;
  /** Ascending. */
  lrns: number[];
}

const form = /^neco1;boot-(?<lrn>[0-9]{1,5});(?<cluster>[a-z0-9-]{1,32});(?<lrns>[0-9,-]+)$/;
/** OpenSSL takes no longer identity (PSK_MAX_IDENTITY_LEN). */
const longest = 256;
/** A stranger can name a list before it has shown that it knows the secret: how much work that may make. */
const mostLrns = 1024;

/**
 * The identity of a pre-shared key as text, such as `neco1;boot-3;prod;0-3,17`.
 * @throws NecoError LRN_LIST_INVALID when the list is too long for it: about 34 LRNs without neighbours.
 */
export function formatRendezvousIdentity({ lrn, cluster, lrns }: RendezvousIdentity): string {
  const text = `neco1;${serverName(lrn)};${cluster};${formatRanges([...lrns].sort((a, b) => a - b))}`;
  if (Buffer.byteLength(text) > longest || lrns.length > mostLrns) {
    throw new NecoError('LRN_LIST_INVALID', `${String(lrns.length)} LRNs are too many for one setup`, {
      hint: 'set up three to nine boot servers with "neco setup", then add the others with "neco join"',
    });
  }
  return text;
}

/** Reads what `formatRendezvousIdentity` writes, and nothing else. */
export function parseRendezvousIdentity(text: string): RendezvousIdentity | undefined {
  const groups = text.length > longest ? undefined : form.exec(text)?.groups;
  const lrns = parseRanges(groups?.['lrns'] ?? '');
  if (groups === undefined || lrns === undefined) return undefined;
  const identity = { lrn: Number(groups['lrn']), cluster: groups['cluster'] ?? '', lrns };
  return identity.lrn <= maxLrn && formatRendezvousIdentity(identity) === text ? identity : undefined;
}

/** The identity for a reader, such as `boot-3 of prod, LRNs 0-3 17`. */
export function describeRendezvousIdentity({ lrn, cluster, lrns }: RendezvousIdentity): string {
  return `${serverName(lrn)} of ${cluster}, LRNs ${formatRanges(lrns).replaceAll(',', ' ')}`;
}

function formatRanges(lrns: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const lrn of lrns) {
    const range = ranges.at(-1);
    if (range?.[1] === lrn - 1) range[1] = lrn;
    else ranges.push([lrn, lrn]);
  }
  return ranges
    .map(([first, last]) => (first === last ? String(first) : `${String(first)}-${String(last)}`))
    .join(',');
}

function parseRanges(text: string): number[] | undefined {
  const lrns: number[] = [];
  for (const range of text.split(',')) {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    const fits = first <= last && last <= maxLrn && lrns.length + last - first < mostLrns;
    if (!fits) return undefined;
    for (let lrn = first; lrn <= last; lrn += 1) lrns.push(lrn);
  }
  return lrns;
}
