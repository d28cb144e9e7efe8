import { serverName } from '@neco/core';
import type { VaultReader } from '@neco/vault-pki';
import { signingRolesOf } from './distinct-roles.ts';
import { serverPolicyText } from './server-policy-text.ts';

/**
 * Whether a boot server has what `ensureServerAccess` and `ensureSigningRoles` give it: its log-in, its policy, its signing roles.
 * @throws NecoError VAULT_*
 */
export async function hasServerAccess(
  vault: VaultReader,
  lrn: number,
  address: string,
  serverCa: string,
  applications: readonly string[] = [],
): Promise<boolean> {
  const name = serverName(lrn);
  const [ca, policy, roles] = await Promise.all([
    vault.auth.certRoleCa(name),
    vault.system.policy(name),
    Promise.all(signingRolesOf(lrn).map(({ mount, role }) => vault.pki(mount).hasSigningRole(role))),
  ]);
  const wanted = serverPolicyText(lrn, address, applications);
  return (
    ca?.trim() === serverCa.trim() && policy?.trim() === wanted.trim() && roles.every((isThere) => isThere)
  );
}
