import { waitFor, type Phase } from '@neco/core';
import { connectVault } from '@neco/cluster-access';
import type { FinishContext } from './finish-context.ts';

/** Seed: unseal Vault, with the key in etcd; where an admin keeps it, this waits for the admin. */
export const awaitUnsealed: Phase<FinishContext, FinishContext> = {
  id: 'await-unsealed',
  title: 'Unseal Vault',
  isDone: (context) => isUnsealed(context).catch(() => false),
  plan: () => ['unseal Vault, or wait until it is unsealed'],
  async run(context) {
    const { worker, signal } = context;
    await waitFor(
      async () =>
        (await isUnsealed(context)) || (await unseal(context))
          ? { done: true, value: true }
          : { done: false, seen: 'it is sealed' },
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

async function isUnsealed({ worker }: FinishContext): Promise<boolean> {
  const { initialized, sealed } = await (await connectVault(worker.host, '127.0.0.1')).system.sealStatus();
  return initialized && !sealed;
}

/** The duty that keeps Vault unsealed would come to it as well, a moment later. @returns whether it is unsealed */
async function unseal({ worker }: FinishContext): Promise<boolean> {
  using connection = await worker.connect();
  const key = await connection.registry.unsealKey.get();
  if (key === undefined) return false;
  return !(await (await connectVault(worker.host, '127.0.0.1')).system.unseal(key)).sealed;
}
