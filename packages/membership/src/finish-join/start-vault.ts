import type { Phase } from '@neco/core';
import { paths, vaultConfigurationText } from '@neco/cluster-access';
import type { FinishContext } from './finish-context.ts';

/** Seed: create the Vault configuration file with a new member, start Vault. */
export const startVault: Phase<FinishContext, FinishContext> = {
  id: 'start-vault',
  title: 'Start Vault',
  async isDone({ worker: { host } }) {
    if ((await host.readText(paths.vaultConfiguration)) === undefined) return false;
    return (await host.unit('vault.service')).active === 'active';
  },
  plan: () => [`write ${paths.vaultConfiguration}`, 'start vault.service'],
  async run({ worker, self, signal }) {
    const { host, reporter } = worker;
    const text = vaultConfigurationText({
      address: self.address,
      others: await otherAddresses(worker, self.lrn),
      cluster: self.site.cluster,
    });
    const attributes = { mode: 0o640, owner: 'root', group: 'vault', keep: true };
    await host.writeFile(paths.vaultConfiguration, text, attributes);
    await host.startUnit('vault.service', { block: false, signal });
    await host.waitForUnit('vault.service', 'active', { signal, reporter });
  },
};

async function otherAddresses(worker: FinishContext['worker'], lrn: number): Promise<string[]> {
  using connection = await worker.connect();
  const servers = await connection.registry.bootServers.list();
  return servers.filter((one) => one.lrn !== lrn && one.state === 'active').map(({ address }) => address);
}
