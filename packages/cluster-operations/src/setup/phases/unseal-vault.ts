import { NecoError, waitFor, type Phase } from '@neco/core';
import { connectVault } from '../../access/connections.ts';
import { isFinished, withRegistry } from '../progress.ts';
import { meetingOf, type SetupContext, type SetupView } from '../setup-context.ts';

/** Unseals this server's Vault with the key as it stands in etcd, which proves that it stands there rightly. */
export const unsealVault: Phase<SetupView, SetupContext> = {
  id: 'unseal-vault',
  title: 'Unseal Vault',
  async isDone(view) {
    if ((await view.host.unit('vault.service')).active !== 'active') return false;
    const vault = await connectVault(view.host, '127.0.0.1');
    return vault.sealStatus().then(
      (status) => status.initialized && !status.sealed,
      () => false,
    );
  },
  plan: ({ options }) => [`unseal Vault with ${options.prefix}vault-unseal-key`],
  async run(context) {
    if (!(await isFinished(context))) await meetingOf(context).leaderPassed('initialize-vault');
    const key = await withRegistry(context, (registry) => registry.unsealKey());
    if (key === undefined) {
      throw new NecoError('VAULT_SEALED', 'Vault is sealed and its unseal key is not in etcd', {
        hint: 'unseal it by hand with "vault operator unseal", then run this again',
      });
    }
    const vault = await connectVault(context.host, '127.0.0.1');
    await waitFor(
      async () => {
        const status = await vault.unseal(key);
        return status.sealed ? { done: false, seen: 'still sealed' } : { done: true, value: true };
      },
      { what: 'Vault to be unsealed', timeout: 60_000, signal: context.signal },
    );
    context.unsealedWithStoredKey = true;
  },
};
