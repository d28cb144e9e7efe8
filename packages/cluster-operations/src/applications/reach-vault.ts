import { NecoError, toNecoError } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import { vaultAddress } from '../ports.ts';

/**
 * Limit of the look whether it serves, and of a call to the one that does, in ms: a Vault whose etcd lost a member, or has one
 * behind a slow link, is slow for a while, and a call that is given up is only made anew.
 */
const timeouts = { look: 5000, call: 20_000 } as const;

/**
 * A Vault that is unsealed: this server's own, else the first of the others that answers.
 * @param addresses IP addresses of the boot servers, this one's first.
 * @throws NecoError VAULT_UNREACHABLE, VAULT_SEALED or VAULT_UNINITIALIZED of this server's Vault when no other serves either.
 */
export async function reachVault(
  addresses: readonly string[],
  means: Omit<VaultConnection, 'address'>,
): Promise<Vault> {
  const [own, ...others] = addresses.map((address) => ({ ...means, address: vaultAddress(address) }));
  if (own === undefined) throw new NecoError('INTERNAL', 'no address of a Vault is known');
  try {
    return await unsealed(own);
  } catch (thrown) {
    const reason = toNecoError(thrown);
    return await Promise.any(others.map(unsealed)).catch((all: unknown) => {
      throw noneServes(reason, all);
    });
  }
}

async function unsealed(place: VaultConnection): Promise<Vault> {
  const { initialized, sealed } = await Vault.connect({ timeout: timeouts.look, ...place }).health();
  if (initialized && !sealed) return Vault.connect({ timeout: timeouts.call, ...place });
  throw initialized
    ? new NecoError('VAULT_SEALED', `Vault at ${place.address} is sealed`, {
        hint: 'unseal it with "vault operator unseal", or let neco-updater do it ("systemctl status neco-updater")',
      })
    : new NecoError('VAULT_UNINITIALIZED', `Vault at ${place.address} is not initialized`, {
        hint: 'setup has not come so far: run neco setup again',
      });
}

/** Not worth trying again at once: nobody serves, and somebody has to see to that. */
function noneServes(own: NecoError, thrown: unknown): NecoError {
  const others = thrown instanceof AggregateError ? thrown.errors.map((error) => toNecoError(error)) : [];
  return new NecoError(own.code, [own, ...others].map(({ message }) => message).join('; '), {
    ...(own.hint === undefined ? {} : { hint: own.hint }),
    cause: own.cause,
  });
}
