import { NecoError, type EtcdOptions, type Reporter, type Secret } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { vaultsOf, withVaults, type KnownVault } from './vaults-of-cluster.ts';

export interface UnsealOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  /** The boot servers; this one when none is named. */
  lrns: readonly number[];
  /** Gives the next unseal key, from 1; asked only when the key in etcd is not there or not enough. */
  key: (number: number, threshold: number) => Promise<Secret>;
  reporter: Reporter;
}

/**
 * Unseals the Vaults of these boot servers: with the key in etcd where it is, otherwise with those that are asked for.
 * @throws NecoError BOOT_SERVER_UNKNOWN, VAULT_UNINITIALIZED, VAULT_UNREACHABLE, VAULT_FAILED for a wrong key, CONFIG_*
 */
export async function unsealVaults(options: UnsealOptions): Promise<{ changed: boolean }> {
  const { etcd, lrns, reporter } = options;
  return withVaults(readOnlyHost(), etcd, async ({ cluster, vaults }) => {
    const stored = await cluster.registry.unsealKey.get().catch(() => undefined);
    const given: Secret[] = stored === undefined ? [] : [stored];
    let changed = false;
    for (const known of vaultsOf(vaults, lrns.length === 0 ? [cluster.lrn] : lrns)) {
      const unsealed = await unsealOne(known, given, options.key);
      reporter.info(`Vault of ${known.name} ${unsealed ? 'is unsealed' : 'was not sealed'}`);
      changed ||= unsealed;
    }
    return { changed };
  });
}

/** @param given the keys so far, which open the other Vaults as well. */
async function unsealOne(
  { name, vault }: KnownVault,
  given: Secret[],
  ask: UnsealOptions['key'],
): Promise<boolean> {
  const before = await vault.system.sealStatus();
  if (!before.initialized) {
    throw new NecoError('VAULT_UNINITIALIZED', `Vault of ${name} is not initialised`, {
      hint: 'run neco setup again, which is not complete',
    });
  }
  if (!before.sealed) return false;
  for (let number = 0; number < before.threshold; number++) {
    const key = given[number] ?? (await ask(number + 1, before.threshold));
    given[number] = key;
    const { sealed } = await vault.system.unseal(key);
    if (!sealed) return true;
  }
  throw new NecoError('VAULT_SEALED', `Vault of ${name} accepted the keys and is still sealed`, {
    hint: 'run the command again; a key was given twice, or somebody else unsealed at the same time',
  });
}
