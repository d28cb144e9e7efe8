import type { LeavePlan, SecretsInForce } from '@neco/bootserver-registry';
import { authorities, forEachAuthority, type Administration } from '@neco/cluster-access';
import { publicKeyFingerprint } from '@neco/vault-pki';

/** Vault writes it when it is initialized and when its unseal key is rotated. */
const unsealKeyWitness = '/vault/core/shamir-kek';

/**
 * Notes which secrets are in force as the leave of a compromised server begins: what is noted of an earlier one counts no more.
 * @throws NecoError ETCD_*, VAULT_*
 */
export async function noteSecrets(
  administration: Administration,
  lrn: number,
  plan?: LeavePlan,
): Promise<SecretsInForce> {
  const leave = plan === undefined ? {} : { leave: plan.startedAt };
  const secrets = { ...(await secretsInForce(administration)), ...leave };
  await administration.registry.compromised.at(lrn).put(secrets);
  return secrets;
}

/** What tells the secrets that are in force from those before and after; nothing secret. @throws NecoError ETCD_*, VAULT_* */
export async function secretsInForce({
  etcd,
  vault,
}: Pick<Administration, 'etcd' | 'vault'>): Promise<SecretsInForce> {
  const written = await etcd.call('look when the unseal key of Vault was made', (client) =>
    client.get(unsealKeyWitness).exec(),
  );
  return await vault.run('Vault to answer', async (one) => ({
    version: 1 as const,
    at: new Date().toISOString(),
    unsealKey: written.kvs[0]?.mod_revision ?? '',
    barrierKey: await one.system.barrierKeyTerm(),
    authorities: await forEachAuthority(async (name) =>
      publicKeyFingerprint((await one.pki(authorities[name].mount).caCertificate()) ?? ''),
    ),
  }));
}
