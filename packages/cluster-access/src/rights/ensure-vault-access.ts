import { administratorPolicy, operatorPolicy, viewerPolicy, type Vault } from '@neco/vault-pki';
import { ensureServerAccess } from './ensure-server-access.ts';

/** Name of the Vault policy of people who run the data centre. */
export const administratorPolicyName = 'neco-administrator';

/** Who may do what in Vault: the policy and the log-in of each boot server, and the policies of people. */
export async function ensureVaultAccess(
  vault: Vault,
  addresses: ReadonlyMap<number, string>,
  serverCa: string,
): Promise<void> {
  const logIns = vault.auth.ensureCertAuth();
  await Promise.all([
    vault.auth.ensureUserpass(),
    ...[...addresses].map(async ([lrn, address]) => {
      await logIns;
      await ensureServerAccess(vault, lrn, address, serverCa);
    }),
    vault.system.ensurePolicy(administratorPolicyName, administratorPolicy()),
    vault.system.ensurePolicy('neco-operator', operatorPolicy()),
    vault.system.ensurePolicy('neco-viewer', viewerPolicy()),
  ]);
}
