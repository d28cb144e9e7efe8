import type { UnitState } from '@neco/host-installer';

/** Whether a unit runs and will after a boot. It is started first and enabled while it comes up, which takes no time then. */
export function runsAndStays({ active, enabled }: UnitState): boolean {
  return active === 'active' && enabled === 'enabled';
}
