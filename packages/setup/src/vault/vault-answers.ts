import type { Vault } from '@neco/vault-pki';

/** Whether a Vault says how it is, sealed or not. */
export function vaultAnswers(vault: Vault): Promise<boolean> {
  return vault.system.sealStatus().then(
    () => true,
    () => false,
  );
}
