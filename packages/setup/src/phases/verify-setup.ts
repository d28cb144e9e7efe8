import { NecoError, type Phase } from '@neco/core';
import { paths } from '@neco/cluster-access';
import { findFaults } from '../services/find-faults.ts';
import { noteInRecord } from '../note-in-record.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';
import { stopTemporaryVault } from '../vault/temporary-vault.ts';
import { unsealVault } from './vault/unseal-vault.ts';

/** Proves what setup promises before it says so, and removes what only setup needed. */
export const verifySetup: Phase<SetupView, SetupContext> = {
  id: 'verify-setup',
  title: 'Verify the cluster',
  async isDone(view) {
    return view.record?.finishedAt !== undefined && (await findFaults(view)).length === 0;
  },
  plan: () => ['nothing but a record that setup is complete: it only checks'],
  async run(context) {
    const isFinished = context.record?.finishedAt !== undefined;
    if (!isFinished) await proveUnsealKey(context);
    const faults = await findFaults(context);
    if (faults.length > 0) {
      throw new NecoError('VERIFICATION_FAILED', faults.map(({ message }) => message).join('; '), {
        details: faults,
        // Before, status says no more than that setup is to be run again.
        ...(isFinished ? { hint: 'run neco status, which prints for each fault what to do about it' } : {}),
      });
    }
    // One that a killed command left behind still holds the keys of the CAs in its memory.
    if (context.isCoordinator) await stopTemporaryVault(context.host);
    await context.host.removeFile(paths.setupIdentity);
    await context.host.removeFile(paths.coordinatorState);
    await noteInRecord(context, { finishedAt: new Date().toISOString() });
  },
};

/**
 * The key in etcd has unsealed the Vault of this server in this run. Where another run unsealed it, a standby is
 * restarted and unsealed once more; the active one is left alone, for the standbys prove the same key.
 */
async function proveUnsealKey(context: SetupContext): Promise<void> {
  if (context.unsealedWithStoredKey) return;
  const vault = await context.sight.localVault();
  if (!(await vault.system.health()).standby) return;
  await context.host.restartUnit('vault.service', { block: true, signal: context.signal });
  await unsealVault.run(context);
}
