import type { Phase } from '@neco/core';
import { connectVault, paths } from '@neco/cluster-access';
import { isFinished } from '../../progress.ts';
import { runsAndStays } from '../../services/runs-and-stays.ts';
import { meetingOf, type SetupContext, type SetupView } from '../../setup-context.ts';
import { vaultConfigurationOf, writeVaultConfiguration } from '../../vault/write-vault-configuration.ts';
import { initializeVault } from './initialize-vault.ts';

/**
 * Starts Vault for all who may reach this server, once it is initialised: the coordinator's is started again, because Vault
 * reads its listeners only then (https://developer.hashicorp.com/vault/docs/configuration/listener/tcp), the others' now.
 */
export const openVault: Phase<SetupView, SetupContext> = {
  id: 'open-vault',
  title: 'Start Vault for everyone',
  async isDone(view) {
    const text = await view.host.readText(paths.vaultConfiguration);
    const kept = (await isFinished(view)) ? text !== undefined : text === vaultConfigurationOf(view, 'open');
    if (!kept || !(await runsAndStays(view, 'vault.service'))) return false;
    const vault = await connectVault(view.host, view.address);
    return vault.system.sealStatus().then(
      () => true,
      () => false,
    );
  },
  plan: () => [`write ${paths.vaultConfiguration}`, 'enable and start vault.service on all addresses'],
  async run(context) {
    const { host, signal } = context;
    const finished = await isFinished(context);
    if (!finished) await meetingOf(context).coordinatorPassed(initializeVault.id);
    await writeVaultConfiguration(context, 'open');
    const { active, enabled } = await host.unit('vault.service');
    if (active !== 'active') await host.startUnit('vault.service', { block: false, signal });
    // What comes next must not reach the one that is about to end.
    else if (!finished) await host.restartUnit('vault.service', { block: true, signal });
    // It may serve a certificate that has run out and was replaced.
    else await host.reloadUnit('vault.service', { signal }).catch(() => undefined);
    if (enabled !== 'enabled') await host.enableUnits(['vault.service']);
  },
};
