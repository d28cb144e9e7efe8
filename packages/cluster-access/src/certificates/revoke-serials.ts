import type { Vault } from '@neco/vault-pki';
import { authorities } from './authorities.ts';

/**
 * Revokes certificates by their serial numbers. A serial does not say which CA signed it, so all are asked; one that
 * none knows (it has run out and was tidied away) needs no revocation.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate
 * @throws NecoError VAULT_*
 */
export async function revokeSerials(vault: Vault, serials: readonly string[]): Promise<void> {
  await Promise.all(
    Object.values(authorities).map(async ({ mount }) => {
      const kept = (await vault.pki(mount).certificates()).filter((serial) => serials.includes(serial));
      await vault.pki(mount).revokeAll(kept.map((serial) => ({ serial })));
    }),
  );
}
