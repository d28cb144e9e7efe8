import type { Phase } from '@neco/core';
import { runsAndStays } from '../services/runs-and-stays.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

/** Starts neco-updater, which unseals Vault after a boot, on the finished server. */
export const startUpdater: Phase<SetupView, SetupContext> = {
  id: 'start-updater',
  title: 'Start neco-updater',
  isDone: async (view) => !view.done.unitsEnabled && (await runsAndStays(view, 'neco-updater.service')),
  plan: () => ['enable and start neco-updater.service'],
  async run({ host, signal, done }) {
    await host.startUnit('neco-updater.service', { block: false, signal });
    if (!done.unitsEnabled) await host.enableUnits(['neco-updater.service']);
  },
};
