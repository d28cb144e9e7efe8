import { isDeepStrictEqual } from 'node:util';
import { serverName } from '@neco/core';
import type { VaultReader } from '@neco/vault-pki';
import { lifeInVault } from '../certificates/server-life.ts';
import { signingRolesOf } from './distinct-roles.ts';
import type { ServerAccess } from './ensure-server-access.ts';
import { serverPolicyText } from './server-policy-text.ts';

/**
 * Whether a boot server has what `ensureServerAccess` and `ensureSigningRoles` give it: its log-in, its policy, its signing roles.
 * @param access of one whose certificates an earlier version of neco had signed, the life is undefined.
 * @throws NecoError VAULT_*
 */
export async function hasServerAccess(
  vault: VaultReader,
  {
    lrn,
    address,
    serverCa,
    life,
    applications = [],
  }: Omit<ServerAccess, 'life'> & { life: string | undefined },
): Promise<boolean> {
  const name = serverName(lrn);
  const [logIn, policy, signedLife, roles] = await Promise.all([
    vault.auth.certRole(name),
    vault.system.policy(name),
    lifeInVault(vault, lrn),
    Promise.all(signingRolesOf(lrn).map(({ mount, role }) => vault.pki(mount).hasSigningRole(role))),
  ]);
  return (
    logIn?.ca.trim() === serverCa.trim() &&
    isDeepStrictEqual(logIn.organizationalUnits, life === undefined ? [] : [life]) &&
    signedLife === life &&
    policy?.trim() === serverPolicyText(lrn, address, applications).trim() &&
    roles.every((isThere) => isThere)
  );
}
