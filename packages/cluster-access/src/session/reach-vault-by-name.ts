import { messageOf, NecoError, serverName } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import { vaultAddress } from '../ports.ts';

/** Limit of the look whether it serves, and of a call to the one that does, in ms: a Vault whose etcd lost a member is slow for a while. */
const timeouts = { look: 5000, call: 20_000 } as const;

/**
 * The first of these Vaults that is unsealed; its certificate must carry the name of the boot server that is meant.
 * @param servers addresses by LRN
 * @throws NecoError VAULT_*, CERTIFICATE_INVALID, with the reasons of all
 */
export async function reachVaultByName(
  servers: ReadonlyMap<number, string>,
  means: Pick<VaultConnection, 'ca' | 'certificate' | 'key'>,
): Promise<Vault> {
  const looks = [...servers].map(async ([lrn, address]) => {
    const place = { ...means, address: vaultAddress(address), serverName: serverName(lrn) };
    const { sealed, initialized } = await Vault.connect({ ...place, timeout: timeouts.look }).system.health();
    if (initialized && !sealed) return Vault.connect({ ...place, timeout: timeouts.call });
    throw new NecoError('VAULT_SEALED', `Vault of ${serverName(lrn)} is sealed`, {
      hint: 'unseal one of them with "neco vault unseal"; neco-updater does it if the unseal key is in etcd',
      retryable: true,
    });
  });
  return Promise.any(looks).catch((thrown: unknown) => {
    throw reasonsOf(thrown instanceof AggregateError ? thrown.errors : [thrown]);
  });
}

/** What says most comes first: that a server does not answer is of less use than that another is sealed. */
function reasonsOf(errors: readonly unknown[]): NecoError {
  const known = errors.filter((error) => error instanceof NecoError);
  const told = known.find(({ code }) => code !== 'VAULT_UNREACHABLE') ?? known[0];
  return new NecoError(told?.code ?? 'VAULT_UNREACHABLE', errors.map(messageOf).join('; '), {
    hint: told?.hint ?? 'give boot servers with a running Vault',
    retryable: known.every(({ retryable }) => retryable),
  });
}
