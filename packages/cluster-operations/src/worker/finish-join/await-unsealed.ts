import { waitFor, type Phase } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { connectVault } from '../../access/connections.ts';
import type { FinishContext } from './finish-context.ts';

/** Seed: unseal Vault. Another duty does it; where an admin keeps the key, this waits for the admin. */
export const awaitUnsealed: Phase<FinishContext, FinishContext> = {
  id: 'await-unsealed',
  title: 'Wait until Vault is unsealed',
  isDone: ({ worker }) => isUnsealed(worker.host).catch(() => false),
  plan: () => ['nothing: it only waits'],
  async run({ worker, signal }) {
    await waitFor(
      async () =>
        (await isUnsealed(worker.host)) ? { done: true, value: true } : { done: false, seen: 'it is sealed' },
      {
        what: 'Vault to be unsealed',
        signal,
        onState: (text) => {
          worker.reporter.state(text);
        },
      },
    );
  },
};

async function isUnsealed(host: HostReader): Promise<boolean> {
  const { initialized, sealed } = await (await connectVault(host, '127.0.0.1')).sealStatus();
  return initialized && !sealed;
}
