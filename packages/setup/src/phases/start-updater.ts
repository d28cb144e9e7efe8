import type { Phase } from '@neco/core';
import { runsAndStays } from '../runs-and-stays.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

/** Starts neco-updater, which unseals Vault after a boot, on the finished server. */
export const startUpdater: Phase<SetupView, SetupContext> = {
  id: 'start-updater',
  title: 'Start neco-updater',
  isDone: async (view) => !view.known.unitsEnabled && (await runsAndStays(view, 'neco-updater.service')),
  plan: () => ['enable and start neco-updater.service'],
  async run({ host, signal, known }) {
    await host.startUnit('neco-updater.service', { block: false, signal });
    if (!known.unitsEnabled) await host.enableUnits(['neco-updater.service']);
  },
};
