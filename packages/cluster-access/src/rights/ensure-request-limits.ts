import { NecoError } from '@neco/core';
import { administratorPolicy, type Vault } from '@neco/vault-pki';

/** Name of the Vault policy of people who run the data centre. */
export const administratorPolicyName = 'neco-administrator';

/** Counts the limits that there are: a cluster that an earlier neco set up knows fewer. */
export const requestLimits = 2;

/** Log-ins by password a minute from one address; a script that runs one neco command after the other has some dozens. */
const logInsPerMinute = 100;

/** Requests a minute from one address for each of `generate-root` and `rekey`; a person needs three. */
const openRequestsPerMinute = 10;

/**
 * Nobody who reaches Vault can lock an administrator out, try passwords as fast as they like, or keep others from `generate-root` and
 * `rekey`, which are open to all. An administrator of a
 * cluster that an earlier neco set up gets the right to see to that first.
 * @throws NecoError VAULT_*; VAULT_PERMISSION_DENIED for an administrator by another policy
 */
export async function ensureRequestLimits(vault: Vault): Promise<void> {
  const limit = async (): Promise<void> => {
    await Promise.all([
      vault.auth.limitLogIns(logInsPerMinute),
      vault.system.limitOpenPaths(openRequestsPerMinute),
    ]);
  };
  try {
    await limit();
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
    await vault.system.ensurePolicy(administratorPolicyName, administratorPolicy());
    await limit();
  }
}
