import type { Phase } from '@neco/core';
import type { FinishContext } from './finish-context.ts';

const updater = 'neco-updater.service';

/** Says to all that this boot server serves; the updater, which unseals Vault after a boot, starts. */
export const activate: Phase<FinishContext, FinishContext> = {
  id: 'activate',
  title: 'Mark the registration active',
  async isDone({ worker, self }) {
    const link = await worker.connect();
    try {
      const active = (await link.registry.bootServer(self.lrn))?.state === 'active';
      return active && (await worker.host.unit(updater)).active === 'active';
    } finally {
      link.close();
    }
  },
  plan: ({ self }) => [
    `write state active into the registration of ${self.name}`,
    `enable and start ${updater}`,
  ],
  async run({ worker, self, signal }) {
    const link = await worker.connect();
    try {
      await link.registry.updateBootServer(self.lrn, (server) => ({ ...server, state: 'active' }));
    } finally {
      link.close();
    }
    await worker.host.enableUnits(updater);
    await worker.host.startUnit(updater, { block: true, signal });
  },
};
