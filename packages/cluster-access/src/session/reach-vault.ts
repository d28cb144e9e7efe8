import { NecoError, toNecoError } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import { vaultAddress } from '../ports.ts';

/**
 * Limits in ms: of the look whether this server's own serves before the others are looked at too, of those looks, and of a call
 * to the one that does. A Vault whose etcd has just lost a member, or has one behind a slow link, answers nobody for a while.
 */
const timeouts = { own: 5000, all: 30_000, call: 20_000 } as const;

/**
 * A Vault that is unsealed: this server's own, else the first of the others that answers.
 * @param addresses IP addresses of the boot servers, this one's first.
 * @throws NecoError VAULT_UNREACHABLE, VAULT_SEALED or VAULT_UNINITIALIZED of this server's Vault when no other serves either.
 */
export async function reachVault(
  addresses: readonly string[],
  means: Omit<VaultConnection, 'address'>,
): Promise<Vault> {
  const all = addresses.map((address) => ({ ...means, address: vaultAddress(address) }));
  const [own] = all;
  if (own === undefined) throw new NecoError('INTERNAL', 'no address of a Vault is known');
  return await unsealed(own, timeouts.own).catch(() =>
    Promise.any(all.map((place) => unsealed(place, timeouts.all))).catch((thrown: unknown) => {
      throw noneServes(thrown);
    }),
  );
}

async function unsealed(place: VaultConnection, timeout: number): Promise<Vault> {
  const { initialized, sealed } = await Vault.connect({ timeout, ...place }).system.health();
  if (initialized && !sealed) return Vault.connect({ timeout: timeouts.call, ...place });
  throw initialized
    ? new NecoError('VAULT_SEALED', `Vault at ${place.address} is sealed`, {
        hint: 'unseal it with "vault operator unseal", or let neco-updater do it ("systemctl status neco-updater")',
      })
    : new NecoError('VAULT_UNINITIALIZED', `Vault at ${place.address} is not initialized`, {
        hint: 'run neco setup again, which is not complete',
      });
}

/** Not worth trying again at once: nobody serves, and somebody has to see to that. What is wrong with the own one comes first. */
function noneServes(thrown: unknown): NecoError {
  const errors = (thrown instanceof AggregateError ? thrown.errors : [thrown]).map((error) =>
    toNecoError(error),
  );
  const [own] = errors;
  const hint = own?.hint;
  return new NecoError(own?.code ?? 'VAULT_UNREACHABLE', errors.map(({ message }) => message).join('; '), {
    ...(hint === undefined ? {} : { hint }),
    cause: own?.cause,
  });
}
