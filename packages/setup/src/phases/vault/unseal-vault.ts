import { NecoError, waitFor, type Phase } from '@neco/core';
import type { Vault } from '@neco/vault-pki';
import { paths } from '@neco/cluster-access';
import { isFinished } from '../../progress.ts';
import { initializeVault } from './initialize-vault.ts';
import { startedVault } from '../../vault/initialization.ts';
import { meetingOf, type SetupContext, type SetupView } from '../../setup-context.ts';

/** Unseals this server's Vault with the key as it stands in etcd, which proves that it stands there rightly. */
export const unsealVault: Phase<SetupView, SetupContext> = {
  id: 'unseal-vault',
  title: 'Unseal Vault',
  async isDone(view) {
    const vault = await view.sight.localVault();
    return vault.system.sealStatus().then(
      (status) => status.initialized && !status.sealed,
      () => false,
    );
  },
  plan: ({ options }) => [`unseal Vault with ${options.prefix}vault-unseal-key`],
  async run(context) {
    if (!(await isFinished(context))) await meetingOf(context).coordinatorPassed(precedes(context));
    const key = await context.sight.withRegistry((registry) => registry.unsealKey.get());
    if (key === undefined) {
      throw new NecoError('VAULT_SEALED', 'Vault is sealed and its unseal key is not in etcd', {
        hint: 'unseal it with "neco vault unseal", then run this again',
      });
    }
    await checkAuditPlace(context);
    const vault = await context.sight.localVault();
    await startedVault(context, vault);
    await waitFor(
      async () => {
        const status = await vault.system.unseal(key);
        return status.sealed ? { done: false, seen: 'still sealed' } : { done: true, value: true };
      },
      {
        what: 'Vault to be unsealed',
        timeout: 60_000,
        signal: context.signal,
        onState: (text) => {
          context.reporter.state(text);
        },
      },
    );
    if (context.isCoordinator) await waitForActive(context, vault);
    context.unsealedWithStoredKey = true;
  },
};

/**
 * What the coordinator has to have behind it. Its own Vault comes first and so is the active one: what setup asks of it
 * then needs no forwarding, for which a standby is ready only seconds after it was unsealed.
 */
function precedes({ isCoordinator }: SetupView): string {
  return isCoordinator ? initializeVault.id : unsealVault.id;
}

/** A Vault that cannot write its audit stops serving: the place is looked at before it is unsealed. */
async function checkAuditPlace({ host }: SetupView): Promise<void> {
  const place = paths.vaultLogs;
  if ((await host.stat(place))?.isDirectory === true) return;
  throw new NecoError('FILE_FAILED', `the directory ${place} for the Vault audit log does not exist`, {
    hint: 'reinstall the Vault package, which creates it: apt-get install --reinstall neco-vault',
  });
}

/** Waits until some Vault is active; another than this one when setup goes on after a crash. */
async function waitForActive(context: SetupContext, vault: Vault): Promise<void> {
  await waitFor(
    async () => {
      const { leaderAddress } = await vault.system.leader();
      return leaderAddress === ''
        ? { done: false, seen: 'no Vault is active' }
        : { done: true, value: leaderAddress };
    },
    {
      what: 'a Vault to become active',
      timeout: 60_000,
      maxPause: 50,
      signal: context.signal,
      onState: (text) => {
        context.reporter.state(text);
      },
    },
  );
}
