import type { Phase } from '@neco/core';
import type { FinishContext } from './finish-context.ts';

const updater = 'neco-updater.service';
const units = ['etcd.service', 'vault.service', updater] as const;

/**
 * Says to all that this boot server serves; from now on its services start at each boot, and the updater, which unseals
 * Vault then, at once. Until here neco-worker, which is enabled, would have started again after a power cut.
 */
export const activate: Phase<FinishContext, FinishContext> = {
  id: 'activate',
  title: 'Mark the registration active',
  async isDone({ worker, self }) {
    using connection = await worker.connect();
    const active = (await connection.registry.bootServers.at(self.lrn).get())?.state === 'active';
    const states = await Promise.all(units.map((unit) => worker.host.unit(unit)));
    const started = states.find(({ name }) => name === updater)?.active === 'active';
    return active && started && states.every(({ enabled }) => enabled === 'enabled');
  },
  plan: ({ self }) => [
    `set the registration of ${self.name} to active`,
    `enable ${units.join(', ')}`,
    `start ${updater}`,
  ],
  async run({ worker, self, signal }) {
    using connection = await worker.connect();
    await connection.registry.bootServers.at(self.lrn).update((server) => ({ ...server, state: 'active' }));
    await worker.host.enableUnits(units);
    await worker.host.startUnit(updater, { block: true, signal });
  },
};
