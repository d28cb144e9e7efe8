import type { SetupView } from '../setup-context.ts';

/** The units that setup enables; one that is not configured yet does not start (AssertPathExists in its unit file). */
export const unitsOfSetup = ['etcd.service', 'vault.service', 'neco-updater.service'];

/** Whether a unit runs and will after a boot. It is started first and enabled while it comes up, which takes no time then. */
export async function runsAndStays({ host, units }: SetupView, name: string): Promise<boolean> {
  const { active, enabled } = units?.get(name) ?? (await host.unit(name));
  return active === 'active' && enabled === 'enabled';
}
