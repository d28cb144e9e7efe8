import { serverName } from '@neco/core';
import type { Vault } from '@neco/vault-pki';
import { serverPolicyText } from './server-policy-text.ts';

/**
 * The policy and the log-in of one boot server.
 * @param applications names of those whose certificates it may have signed.
 */
export async function ensureServerAccess(
  vault: Vault,
  lrn: number,
  address: string,
  serverCa: string,
  applications: readonly string[] = [],
): Promise<void> {
  const name = serverName(lrn);
  await vault.system.ensurePolicy(name, serverPolicyText(lrn, address, applications));
  await vault.auth.ensureCertRole(name, {
    ca: serverCa,
    allowedCommonNames: [name],
    policies: [name],
    ttl: '10m',
  });
}
