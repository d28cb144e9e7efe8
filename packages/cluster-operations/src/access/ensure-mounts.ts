import type { Vault } from '@neco/vault-pki';
import { authorities } from './authorities.ts';

/** Makes the PKI mounts of a Vault. */
export async function ensureMounts(vault: Vault, lifeHours: number): Promise<void> {
  await Promise.all(
    Object.values(authorities).map(({ mount }) => vault.ensurePki(mount, { maxTtlHours: lifeHours })),
  );
}
