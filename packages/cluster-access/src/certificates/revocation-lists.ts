import { dirname } from 'node:path';
import { inTime, NecoError, toNecoError } from '@neco/core';
import { lockHost, RecordFile, type HostWriter } from '@neco/host-installer';
import { parseCrl, Vault } from '@neco/vault-pki';
import * as z from 'zod';
import { paths } from '../paths.ts';
import { vaultAddress } from '../ports.ts';
import { authorities, authorityNames, type PerAuthority } from './authorities.ts';
import { mergeLists } from './merge-lists.ts';
import { forEachAuthority, type RevocationLists } from './signer.ts';

/** Limit of one call to Vault, in ms. */
const callTimeout = 4000;

/** How long the first Vault is waited for before the others are asked too, in ms. */
const headStart = 300;

/**
 * The revocation lists of all issuers from the first of these Vaults that gives them. No log-in is needed.
 * @param addresses of registered boot servers only: one that has left could give out an old list. The first is asked alone
 * at first, for all of them give the same, which the active one has.
 * @param serverCa PEM
 * @throws NecoError VAULT_* of the first address when none gives them
 */
export async function fetchRevocations(
  addresses: readonly string[],
  serverCa: string,
): Promise<RevocationLists> {
  const from = (address: string): Promise<RevocationLists> => {
    const vault = Vault.connect({ address: vaultAddress(address), ca: serverCa, timeout: callTimeout });
    return forEachAuthority((name) => vault.pki(authorities[name].mount).issuerLists());
  };
  const [nearest, ...others] = addresses;
  if (nearest === undefined) throw new NecoError('INTERNAL', 'no Vault is known');
  const first = from(nearest);
  const isSettled = first.then(
    () => true,
    () => false,
  );
  if (await inTime(isSettled, { limit: headStart }, false)) return await first;
  try {
    return await Promise.any([first, ...others.map(from)]);
  } catch (error) {
    throw toNecoError(error instanceof AggregateError ? error.errors[0] : error);
  }
}

/** Where a host has them. */
export interface RevocationPlaces {
  /** What etcd reads. */
  readonly lists: PerAuthority<string>;
  /** The CAs that are trusted here. */
  readonly authorities: PerAuthority<string>;
  /** Where the list of each issuer is kept. */
  readonly memory: string;
  /** Directory of locks; the host's own by default. */
  readonly locks?: string;
}

const hostPlaces: RevocationPlaces = {
  lists: paths.revocations,
  authorities: paths.authorities,
  memory: paths.revocationLists,
};

/** How long one who puts lists in place waits for another, in ms; each takes some milliseconds. */
const turnLimit = 30_000;

/**
 * Puts the lists in place, whole or not at all; etcd reads them at each handshake. However many processes do that at once, and
 * however old what they have fetched is, an issuer's list is never replaced by an older one, and that of an issuer which Vault
 * no longer has stays in force while its CA is trusted here; see `mergeLists`.
 * @returns whether what is in force has changed
 * @throws NecoError CERTIFICATE_INVALID, FILE_FAILED, TIMEOUT
 */
export async function putRevocations(
  host: HostWriter,
  lists: RevocationLists,
  places: RevocationPlaces = hostPlaces,
): Promise<boolean> {
  await using _turn = await lockHost('revocation-lists', {
    what: 'an update of the revocation lists',
    wait: { timeout: turnLimit, onState: () => undefined },
    ...(places.locks === undefined ? {} : { directory: places.locks }),
  });
  const memory = memoryFile.at(places.memory);
  // One that cannot be used is as good as none: what is in force is still there.
  const known = await memory.read(host).catch(() => undefined);
  const merged = await forEachAuthority(async (name) => {
    const [inForce, bundle] = await Promise.all([
      host.readBytes(places.lists[name]),
      host.readText(places.authorities[name]),
    ]);
    const kept = known?.lists[name].map((list) => Buffer.from(list, 'base64')) ?? readable(inForce);
    return mergeLists({ kept, fetched: lists[name], bundle });
  });
  const content = await forEachAuthority((name) =>
    Promise.resolve(merged[name].kept.map((list) => list.toString('base64'))),
  );
  await memory.write(host, { version: 1, lists: content });
  await host.makeDirectory(dirname(places.lists.server), { mode: 0o755 });
  return await host.writeFiles(
    authorityNames.map((name) => ({ path: places.lists[name], content: merged[name].inForce, mode: 0o644 })),
  );
}

/** What an earlier version of neco put there. */
function readable(list: Buffer | undefined): Buffer[] {
  try {
    if (list === undefined) return [];
    parseCrl(list);
    return [list];
  } catch {
    return [];
  }
}

const listsSchema = z.array(z.base64());

const memoryFile = new RecordFile({
  path: paths.revocationLists,
  schema: z.object({
    version: z.literal(1),
    lists: z.object({ server: listsSchema, peer: listsSchema, client: listsSchema }),
  }),
  what: 'the revocation lists of each issuer',
  hint: 'remove it: it is made again',
});
