import { NecoError, type Phase } from '@neco/core';
import type { Registry } from '@neco/bootserver-registry';
import type { InitializedVault, VaultState } from '@neco/vault-pki';
import {
  initializeProved,
  refuseForeignKeys,
  startedVault,
  vaultAnswering,
} from '../../vault/initialization.ts';
import { isFinished } from '../../progress.ts';
import { signerOfRoot, withEtcdRoot } from '../../vault/with-etcd-root.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';
import { writeVaultConfiguration } from '../../vault/write-vault-configuration.ts';

/**
 * Initialises Vault. Before it does, the place for the keys has been proved to take them; both keys are stored in
 * one transaction and read back before the Vault is used for anything. A Vault whose keys were never stored was
 * never unsealed, so it is empty: then, and only then, its data are cleared and it is initialised again.
 */
export const initializeVault: Phase<SetupView, SetupContext> = {
  id: 'initialize-vault',
  title: 'Initialise Vault and store its unseal key and root token in etcd',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    if (await isFinished(view)) return true;
    const vault = await view.sight.localVault();
    const initialized = await vault.system.sealStatus().then(
      (status) => status.initialized,
      () => false,
    );
    return (
      initialized &&
      (await view.sight.withRegistry(async (registry) => (await registry.unsealKey.get()) !== undefined))
    );
  },
  plan: ({ options }) => [
    `initialise Vault`,
    `store ${options.prefix}vault-unseal-key and ${options.prefix}vault-root-token`,
  ],
  async run(context) {
    await context.sight.withRegistry(async (registry) => {
      const keys = (await context.background.initialization.running) ?? (await initialize(context, registry));
      if (keys !== undefined) await storeKeys(registry, keys);
    });
    void context.background.initialization.take();
  },
};

/** @returns nothing where Vault is initialised and its key is stored */
async function initialize(context: SetupContext, registry: Registry): Promise<InitializedVault | undefined> {
  const vault = await context.sight.localVault();
  const { state } = await startedVault(context, vault);
  await refuseForeignKeys(registry, context.options.prefix);
  if (state !== 'uninitialized') {
    if ((await registry.unsealKey.get()) !== undefined) return undefined;
    await clearEmptyVault(context, registry, state);
  }
  return initializeProved(vault, registry);
}

async function storeKeys(registry: Registry, { unsealKeys, rootToken }: InitializedVault): Promise<void> {
  const [unsealKey] = unsealKeys;
  if (unsealKey === undefined)
    throw new NecoError('VAULT_FAILED', 'Vault was initialised but returned no unseal key');
  await registry.putVaultKeys({ unsealKey, rootToken });
  const [storedKey, storedToken] = await Promise.all([registry.unsealKey.get(), registry.rootToken.get()]);
  if (storedKey?.reveal() !== unsealKey.reveal() || storedToken?.reveal() !== rootToken.reveal()) {
    throw new NecoError('VAULT_FAILED', 'etcd does not return the Vault keys that were stored in it', {
      hint: 'check the health of etcd, then run setup again; Vault contains no data yet and is initialised again',
    });
  }
  await registry.setup.put({ version: 1, vault: 'stored' });
}

async function clearEmptyVault(
  context: SetupContext,
  registry: Registry,
  vaultState: VaultState['state'],
): Promise<void> {
  const note = await registry.setup.get();
  const isUnsealed = vaultState === 'active' || vaultState === 'standby';
  const used =
    context.record?.authoritiesImportedAt !== undefined || (await registry.rootToken.get()) !== undefined;
  if (note?.vault !== 'initialising' || isUnsealed || used) {
    throw new NecoError('FOREIGN_DATA', 'Vault is initialised, but its unseal key is not in etcd', {
      hint: `if an administrator removed the key, store it again as ${context.options.prefix}vault-unseal-key and run setup again; nothing was changed`,
    });
  }
  context.reporter.warn(
    'the answer of an earlier initialisation of Vault was lost; Vault contains no data and is initialised again',
  );
  await withEtcdRoot(context, await signerOfRoot(context), [context.address], async (etcd) => {
    await context.host.stopUnit('vault.service');
    await etcd.call('clear /vault/', (client) => client.delete().prefix('/vault/'));
  });
  // As long as it is not initialised again, it is for this server alone.
  await writeVaultConfiguration(context, 'closed');
  await context.host.startUnit('vault.service', { block: true, signal: context.signal });
  await vaultAnswering(context, await context.sight.localVault());
}
