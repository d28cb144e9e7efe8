import { signingRolesOf } from '@neco/cluster-access';
import { serverName } from '@neco/core';
import type { Vault, VaultReader } from '@neco/vault-pki';

/** What a boot server has in Vault besides certificates. */
export interface VaultTraces {
  certRole: boolean;
  policy: boolean;
  /** As `ca/server/boot-2`. */
  signingRoles: string[];
  /** Accessors of its tokens. */
  tokens: string[];
}

/** What is left of it. @throws NecoError VAULT_* */
export async function readVaultTraces(vault: VaultReader, lrn: number): Promise<VaultTraces> {
  const name = serverName(lrn);
  const [certRole, policy, tokens, signingRoles] = await Promise.all([
    vault.auth.certRoleCa(name),
    vault.system.policy(name),
    tokensOf(vault, name),
    Promise.all(
      signingRolesOf(lrn).map(async ({ mount, role }) =>
        (await vault.pki(mount).hasSigningRole(role)) ? [`${mount}/${role}`] : [],
      ),
    ),
  ]);
  return {
    certRole: certRole !== undefined,
    policy: policy !== undefined,
    signingRoles: signingRoles.flat(),
    tokens,
  };
}

/** Deletes all of it: its log-in first, then the tokens that came of it. @throws NecoError VAULT_* */
export async function deleteVaultTraces(vault: Vault, lrn: number): Promise<void> {
  const name = serverName(lrn);
  await vault.auth.deleteCertRole(name);
  await Promise.all([
    vault.system.deletePolicy(name),
    tokensOf(vault, name).then((tokens) =>
      Promise.all(tokens.map((token) => vault.auth.revokeAccessor(token))),
    ),
    ...signingRolesOf(lrn).map(({ mount, role }) => vault.pki(mount).deleteSigningRole(role)),
  ]);
}

async function tokensOf(vault: Pick<VaultReader, 'auth'>, name: string): Promise<string[]> {
  const tokens = await vault.auth.tokens();
  return tokens.filter(({ policies }) => policies.includes(name)).map(({ accessor }) => accessor);
}
