import { NecoError, serverName } from '@neco/core';
import { administratorPolicy, operatorPolicy, viewerPolicy, type Vault } from '@neco/vault-pki';
import { administratorPolicyName, ensureRequestLimits } from './ensure-request-limits.ts';
import { ensureServerAccess } from './ensure-server-access.ts';

/**
 * Who may do what in Vault: the policy and the log-in of each boot server, and the policies of people.
 * @param lives by LRN; see `newLife`.
 * @throws NecoError VAULT_*
 */
export async function ensureVaultAccess(
  vault: Vault,
  addresses: ReadonlyMap<number, string>,
  serverCa: string,
  lives: ReadonlyMap<number, string>,
): Promise<void> {
  const logIns = vault.auth.ensureCertAuth();
  await Promise.all([
    vault.auth.ensureUserpass().then(() => ensureRequestLimits(vault)),
    ...[...addresses].map(async ([lrn, address]) => {
      await logIns;
      const life = lives.get(lrn);
      if (life === undefined) throw new NecoError('INTERNAL', `${serverName(lrn)} has no life`);
      await ensureServerAccess(vault, { lrn, address, serverCa, life });
    }),
    vault.system.ensurePolicy(administratorPolicyName, administratorPolicy()),
    vault.system.ensurePolicy('neco-operator', operatorPolicy()),
    vault.system.ensurePolicy('neco-viewer', viewerPolicy()),
  ]);
}
