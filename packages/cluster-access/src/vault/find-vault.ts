import { messageOf, NecoError, serverName } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import { vaultAddress } from '../ports.ts';

/**
 * Limits in ms: of the look whether this server's own serves before the others are looked at too, of those looks, and of a call
 * to the one that does. A Vault whose etcd has just lost a member, or has one behind a slow link, answers nobody for a while.
 */
const timeouts = { own: 5000, all: 30_000, call: 20_000 } as const;

export interface VaultSearch extends Pick<VaultConnection, 'ca' | 'certificate' | 'key'> {
  /** Addresses of the boot servers, by LRN. */
  servers: ReadonlyMap<number, string>;
  /** LRN of this server. Its Vault is asked first where it is one of them. */
  own: number;
}

/**
 * A Vault that is unsealed: this server's own, else the first of the others that answers. Its certificate must carry the name of
 * the boot server that is meant.
 * @throws NecoError VAULT_*, CERTIFICATE_INVALID, with the reasons of all. It is not retryable on a server of the cluster: its
 * administrator has to see to that. One that joins waits.
 */
export async function findVault({ servers, own, ...identity }: VaultSearch): Promise<Vault> {
  const lookAt = (lrn: number, address: string, timeout: number): Promise<Vault> =>
    unsealed(lrn, { ...identity, address: vaultAddress(address), serverName: serverName(lrn) }, timeout);
  const ownAddress = servers.get(own);
  const lookAtAll = (): Promise<Vault> =>
    Promise.any([...servers].map(([lrn, address]) => lookAt(lrn, address, timeouts.all))).catch(
      (thrown: unknown) => {
        const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown];
        throw noneServes(errors, { retry: ownAddress === undefined });
      },
    );
  return ownAddress === undefined
    ? await lookAtAll()
    : await lookAt(own, ownAddress, timeouts.own).catch(lookAtAll);
}

async function unsealed(lrn: number, place: VaultConnection, timeout: number): Promise<Vault> {
  const { initialized, sealed } = await Vault.connect({ ...place, timeout }).system.health();
  if (initialized && !sealed) return Vault.connect({ ...place, timeout: timeouts.call });
  const name = serverName(lrn);
  throw initialized
    ? new NecoError('VAULT_SEALED', `Vault of ${name} is sealed`, {
        hint: 'unseal one of them with "neco vault unseal"; neco-updater does it if the unseal key is in etcd',
        retryable: true,
      })
    : new NecoError('VAULT_UNINITIALIZED', `Vault of ${name} is not initialized`, {
        hint: 'run neco setup again: it did not finish',
      });
}

/** What says most comes first: that a server does not answer is of less use than that another is sealed. */
function noneServes(errors: readonly unknown[], { retry }: { retry: boolean }): NecoError {
  const known = errors.filter((error) => error instanceof NecoError);
  const first = known.find(({ code }) => code !== 'VAULT_UNREACHABLE') ?? known[0];
  return new NecoError(first?.code ?? 'VAULT_UNREACHABLE', errors.map(messageOf).join('; '), {
    hint: first?.hint ?? 'start Vault on one of the boot servers',
    cause: first?.cause,
    retryable: retry && known.every(({ retryable }) => retryable),
  });
}
