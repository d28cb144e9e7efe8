import type { Phase } from '@neco/core';
import { runsAndStays } from '../services/runs-and-stays.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

const [updater, worker] = ['neco-updater.service', 'neco-worker.service'];

/**
 * Starts neco-updater, which unseals Vault after a boot, on the finished server. neco-worker, which the administrator starts,
 * comes back after a boot as well.
 */
export const startUpdater: Phase<SetupView, SetupContext> = {
  id: 'start-updater',
  title: 'Start neco-updater',
  async isDone(view) {
    if (view.done.unitsEnabled || !(await runsAndStays(view, updater))) return false;
    return (await view.host.unit(worker)).enabled === 'enabled';
  },
  plan: () => [`enable ${worker}`, `enable and start ${updater}`],
  async run({ host, signal, done }) {
    await host.startUnit(updater, { block: false, signal });
    if (!done.unitsEnabled) await host.enableUnits([updater, worker]);
  },
};
