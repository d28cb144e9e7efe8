import type { UnitState } from '@neco/host-installer';

/** The units that setup enables; one that is not configured yet does not start (AssertPathExists in its unit file). */
export const unitsOfSetup = ['etcd.service', 'vault.service', 'neco-updater.service'];

/** Whether a unit runs and will after a boot. It is started first and enabled while it comes up, which takes no time then. */
export function runsAndStays({ active, enabled }: UnitState): boolean {
  return active === 'active' && enabled === 'enabled';
}
