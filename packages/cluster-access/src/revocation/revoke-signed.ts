import { enforceInVault } from '../certificates/revocation-enforcers.ts';
import type { VaultSession } from '../vault/vault-session.ts';
import type { SignedCertificate } from './signed-certificates.ts';

/** Revokes certificates of all CAs, those of one CA together, and has Vault's log-in refuse them. @throws NecoError VAULT_* */
export async function revokeSigned(
  vault: VaultSession,
  certificates: readonly SignedCertificate[],
): Promise<void> {
  const byMount = Map.groupBy(certificates, ({ mount }) => mount);
  await Promise.all(
    [...byMount].map(([mount, list]) =>
      vault.run('Vault to answer', (one) => one.pki(mount).revokeAll(list)),
    ),
  );
  await vault.run('Vault to answer', enforceInVault);
}
