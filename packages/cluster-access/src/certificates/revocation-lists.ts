import { inTime, NecoError, toNecoError } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { parseCrl, Vault } from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { vaultAddress } from '../ports.ts';
import { authorities, authorityNames, type PerAuthority } from './authorities.ts';
import { forEachAuthority } from './signer.ts';

/** Limit of one call to Vault, in ms. */
const callTimeout = 4000;

/** How long the first Vault is waited for before the others are asked too, in ms. */
const headStart = 300;

/**
 * The revocation lists (DER) from the first of these Vaults that gives them. No log-in is needed.
 * @param addresses of registered boot servers only: one that has left could give out an old list. The first is asked alone
 * at first, for all of them give the same, which the active one has.
 * @param serverCa PEM
 * @throws NecoError VAULT_* of the first address when none gives them
 */
export async function fetchRevocations(
  addresses: readonly string[],
  serverCa: string,
): Promise<PerAuthority<Buffer>> {
  const from = (address: string): Promise<PerAuthority<Buffer>> => {
    const vault = Vault.connect({ address: vaultAddress(address), ca: serverCa, timeout: callTimeout });
    return forEachAuthority((name) => vault.pki(authorities[name].mount).crl());
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

/** Puts the lists in place, whole or not at all; etcd reads them at each handshake. @returns whether one was another. */
export async function putRevocations(host: HostWriter, lists: PerAuthority<Buffer>): Promise<boolean> {
  // Nothing but a list that etcd takes gets there: with another it would refuse everybody.
  for (const name of authorityNames) parseCrl(lists[name]);
  await host.makeDirectory(paths.authorityDirectory, { mode: 0o755 });
  return host.writeFiles(
    authorityNames.map((name) => ({ path: paths.revocations[name], content: lists[name], mode: 0o644 })),
  );
}
