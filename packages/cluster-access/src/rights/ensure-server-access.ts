import { serverName } from '@neco/core';
import type { Vault } from '@neco/vault-pki';
import { serverPolicyText } from './server-policy-text.ts';

/** What the rights of a boot server in Vault are made of. */
export interface ServerAccess {
  readonly lrn: number;
  readonly address: string;
  /** The CAs whose certificates log in, PEM. */
  readonly serverCa: string;
  /** The life of the server that is let in; see `newLife`. */
  readonly life: string;
  /** Names of the applications whose certificates it may have signed. */
  readonly applications?: readonly string[];
}

/**
 * The policy and the log-in of one boot server. Where anything was ever revoked, `enforceInVault` comes before.
 * @throws NecoError VAULT_*
 */
export async function ensureServerAccess(
  vault: Vault,
  { lrn, address, serverCa, life, applications = [] }: ServerAccess,
): Promise<void> {
  const name = serverName(lrn);
  await vault.system.ensurePolicy(name, serverPolicyText(lrn, address, applications));
  await vault.auth.ensureCertRole(name, {
    ca: serverCa,
    allowedCommonNames: [name],
    organizationalUnits: [life],
    policies: [name],
    ttl: '10m',
  });
}
