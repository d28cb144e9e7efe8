import { bootServerUnits } from '@neco/cluster-access';
import type { SetupView } from '../setup-context.ts';

/**
 * The units that setup enables, which are those of a boot server; one that is not configured yet does not start
 * (AssertPathExists in its unit file). neco-worker is started by the administrator.
 */
export const unitsOfSetup: readonly string[] = bootServerUnits;

/** Whether a unit runs and will after a boot. It is started first and enabled while it comes up, which takes no time then. */
export async function runsAndStays({ host, units }: SetupView, name: string): Promise<boolean> {
  const { active, enabled } = units?.get(name) ?? (await host.unit(name));
  return active === 'active' && enabled === 'enabled';
}
