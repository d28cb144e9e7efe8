import { randomBytes } from 'node:crypto';
import { NecoError, waitFor } from '@neco/core';
import type { Registry } from '@neco/bootserver-registry';
import type { InitializedVault, Vault, VaultState } from '@neco/vault-pki';
import { startAndWait } from '../services/start-and-wait.ts';
import type { SetupContext } from '../setup-context.ts';

/** How long a Vault that was just started may take to answer before it is initialised later, in ms. */
const patience = 2000;

/**
 * Begins to initialise the Vault of a new cluster while etcd's users are made, which takes as long. Its keys are stored when
 * auth is on; where anything is in the way, what comes then sees to that alone.
 * @returns when Vault asks nothing of etcd any more; never fails
 */
export async function beginInitialization(context: SetupContext): Promise<void> {
  await context.background.initialization.begin(() => initializeNew(context).catch(() => undefined));
}

async function initializeNew(context: SetupContext): Promise<InitializedVault | undefined> {
  if (!context.done.vaultStarted) return undefined;
  const vault = await context.sight.localVault();
  if ((await vaultAnswering(context, vault, patience)).state !== 'uninitialized') return undefined;
  return context.sight.withRegistry(async (registry) => {
    await refuseForeignKeys(registry, context.options.prefix);
    return initializeProved(vault, registry);
  });
}

/** Initialises Vault, once the place for its keys has been proved to take them. */
export async function initializeProved(vault: Vault, registry: Registry): Promise<InitializedVault> {
  await proveThePlace(registry);
  return vault.system.initialize({ shares: 1, threshold: 1 });
}

export async function refuseForeignKeys(registry: Registry, prefix: string): Promise<void> {
  const foreign = await registry.foreignKeys();
  if (foreign.length === 0) return;
  throw new NecoError(
    'FOREIGN_DATA',
    `etcd contains keys of another program under ${prefix}: ${foreign.slice(0, 5).join(', ')}`,
    {
      hint: 'run setup with another --etcd-prefix, or delete the keys if they are not needed; neco does not delete them',
    },
  );
}

/** The state of this server's Vault, which is started where it does not answer: it runs no longer or not yet. */
export async function startedVault(context: SetupContext, vault: Vault): Promise<VaultState> {
  return vault.system.state().catch(async () => {
    await startAndWait(context, 'vault.service');
    return vaultAnswering(context, vault);
  });
}

/** The state of a Vault, once it answers. @param timeout ms @throws NecoError TIMEOUT, CANCELLED */
export async function vaultAnswering(
  { signal, reporter }: SetupContext,
  vault: Vault,
  timeout = 60_000,
): Promise<VaultState> {
  const onState = (text: string): void => {
    reporter.state(text);
  };
  return waitFor(async () => ({ done: true, value: await vault.system.state() }), {
    what: 'Vault to answer',
    timeout,
    signal,
    onState,
  });
}

/** A write through the quorum that is read back: what comes next must not be the first that fails. */
async function proveThePlace(registry: Registry): Promise<void> {
  const proof = randomBytes(16).toString('hex');
  await registry.setup.put({ version: 1, vault: 'initialising', proof });
  const stored = await registry.setup.get();
  if (stored?.proof !== proof) {
    throw new NecoError('ETCD_FAILED', 'etcd does not return what was written; Vault was not initialised');
  }
}
