import type { Phase } from '@neco/core';
import { connectVault } from '../../access/connections.ts';
import { vaultConfigurationText } from '../../access/vault-configuration-text.ts';
import { paths } from '../../paths.ts';
import { isFinished } from '../progress.ts';
import { runsAndStays } from '../runs-and-stays.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

/**
 * Seed step 4, first half: restart Vault as the real service, on etcd. It starts sealed and touches nothing there yet,
 * so it need not wait for etcd's users; who needs it waits for it, while it starts.
 */
export const startVault: Phase<SetupView, SetupContext> = {
  id: 'start-vault',
  title: 'Start Vault on etcd',
  async isDone(view) {
    const text = await view.host.readText(paths.vaultConfiguration);
    const kept = (await isFinished(view)) ? text !== undefined : text === configurationOf(view);
    if (!kept || !runsAndStays(await view.host.unit('vault.service'))) return false;
    const vault = await connectVault(view.host, '127.0.0.1');
    return vault.sealStatus().then(
      () => true,
      () => false,
    );
  },
  plan: () => [`write ${paths.vaultConfiguration}`, 'enable and start vault.service'],
  async run(context) {
    const { host, signal } = context;
    // What has no configuration cannot run, and systemd need not be asked.
    const isNew = context.unitsEnabled && (await host.readText(paths.vaultConfiguration)) === undefined;
    await host.writeFile(paths.vaultConfiguration, configurationOf(context), {
      mode: 0o640,
      owner: 'root',
      group: 'vault',
    });
    if (isNew) return host.startUnit('vault.service', { block: false, signal });
    const { active, enabled } = await host.unit('vault.service');
    await host.startUnit('vault.service', { block: false, signal });
    // One that runs and does not answer us may serve a first certificate that has run out and was replaced; one that
    // ended meanwhile reads the new one at its next start.
    if (active === 'active') await host.reloadUnit('vault.service', { signal }).catch(() => undefined);
    if (enabled !== 'enabled') await host.enableUnits('vault.service');
  },
};

function configurationOf({ address, addresses, site }: SetupView): string {
  const others = [...addresses.values()].filter((other) => other !== address);
  return vaultConfigurationText({ address, others, cluster: site.cluster });
}
