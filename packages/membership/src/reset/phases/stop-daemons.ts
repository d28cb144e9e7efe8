import type { Phase } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import type { ResetContext, ResetView } from '../reset-context.ts';

/** In the order in which they are stopped: what depends on another goes first. */
const units = ['neco-worker.service', 'neco-updater.service', 'vault.service', 'etcd.service'];

/** No process uses the files that go, and none starts at the next boot. */
export const stopDaemons: Phase<ResetView, ResetContext> = {
  id: 'stop-daemons',
  title: 'Stop and disable neco-worker, neco-updater, Vault and etcd',
  isDone: async ({ host }) => (await unitsInUse(host)).length === 0,
  plan: async ({ host }) => (await unitsInUse(host)).map((unit) => `stop and disable ${unit}`),
  async run({ host, signal }) {
    for (const unit of await unitsInUse(host)) {
      await host.stopUnit(unit, { signal });
      await host.disableUnit(unit);
      await host.resetFailedUnit(unit);
    }
  },
};

async function unitsInUse(host: HostReader): Promise<string[]> {
  const states = await host.units(units);
  return units.filter((unit) => {
    const state = states.get(unit);
    if (state?.load !== 'loaded') return false;
    return state.active !== 'inactive' || state.enabled === 'enabled';
  });
}
