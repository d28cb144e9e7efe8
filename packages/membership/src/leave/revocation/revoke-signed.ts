import type { VaultSession } from '@neco/cluster-access';
import type { SignedCertificate } from './signed-certificates.ts';

/** Revokes certificates of all CAs, those of one CA together. @throws NecoError VAULT_* */
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
}
