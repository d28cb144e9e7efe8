import type { Phase } from '@neco/core';
import { paths } from '@neco/cluster-access';
import { isFinished } from '../../progress.ts';
import { runsAndStays } from '../../services/runs-and-stays.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';
import { vaultConfigurationOf, writeVaultConfiguration } from '../../vault/write-vault-configuration.ts';

/**
 * Seed step 4, first half: restart Vault as the real service, on etcd. It starts sealed and touches nothing there yet,
 * so it need not wait for etcd's users; who needs it waits for it, while it starts. On a new server it was started beside etcd
 * already.
 */
export const startVault: Phase<SetupView, SetupContext> = {
  id: 'start-vault',
  title: 'Start Vault on etcd',
  async isDone(view) {
    const text = await view.host.readText(paths.vaultConfiguration);
    const kept = (await isFinished(view)) ? text !== undefined : text === vaultConfigurationOf(view);
    if (!kept || view.done.vaultStarted || !(await runsAndStays(view, 'vault.service'))) return false;
    const vault = await view.sight.localVault();
    return vault.system.sealStatus().then(
      () => true,
      () => false,
    );
  },
  plan: () => [`write ${paths.vaultConfiguration}`, 'enable and start vault.service'],
  async run(context) {
    const { host, done, signal } = context;
    if (done.vaultStarted) return;
    await writeVaultConfiguration(context);
    const { active, enabled } = await host.unit('vault.service');
    await host.startUnit('vault.service', { block: false, signal });
    // One that runs and does not answer us may serve an initial certificate that has run out and was replaced; one that
    // ended meanwhile reads the new one at its next start.
    if (active === 'active') await host.reloadUnit('vault.service', { signal }).catch(() => undefined);
    if (enabled !== 'enabled') await host.enableUnits(['vault.service']);
  },
};
