import type { Phase } from '@neco/core';
import { paths } from '@neco/cluster-access';
import { isFinished } from '../../progress.ts';
import { runsAndStays } from '../../services/runs-and-stays.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';
import { vaultConfigurationOf, writeVaultConfiguration } from '../../vault/write-vault-configuration.ts';

/**
 * Seed step 4, first half: start Vault as the real service, on etcd. It starts sealed and touches nothing there yet,
 * so it need not wait for etcd's users; who needs it waits for it, while it starts. On a new server it was started beside etcd
 * already. Whoever reaches a Vault that is not initialised can initialise it and keep its keys, so until that is done it runs
 * on the coordinator alone, and nobody but root there reaches it.
 */
export const startVault: Phase<SetupView, SetupContext> = {
  id: 'start-vault',
  title: 'Start Vault, closed to everyone but this server',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    if (await isFinished(view)) return true;
    if (view.done.vaultStarted || !(await runsAndStays(view, 'vault.service'))) return false;
    const text = await view.host.readText(paths.vaultConfiguration);
    const vault = await view.sight.localVault();
    return vault.system.sealStatus().then(
      ({ initialized }) =>
        text === vaultConfigurationOf(view, 'closed') ||
        (initialized && text === vaultConfigurationOf(view, 'open')),
      () => false,
    );
  },
  plan: () => [`write ${paths.vaultConfiguration}`, 'enable and start vault.service on 127.0.0.1'],
  async run(context) {
    const { host, done, signal } = context;
    if (done.vaultStarted) return;
    const changed = await writeVaultConfiguration(context, 'closed');
    const { active, enabled } = await host.unit('vault.service');
    if (changed && active === 'active') await host.restartUnit('vault.service', { block: true, signal });
    else await host.startUnit('vault.service', { block: false, signal });
    // One that runs and does not answer us may serve an initial certificate that has run out and was replaced; one that
    // ended meanwhile reads the new one at its next start.
    if (!changed && active === 'active')
      await host.reloadUnit('vault.service', { signal }).catch(() => undefined);
    if (enabled !== 'enabled') await host.enableUnits(['vault.service']);
  },
};
