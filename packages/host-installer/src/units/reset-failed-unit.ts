import { controlUnit } from './control-unit.ts';
import { unitState } from './unit-state.ts';

/** Has systemd forget that a unit failed, see systemctl(1); one that did not fail it may not even know. @throws NecoError SERVICE_FAILED */
export async function resetFailedUnit(name: string): Promise<void> {
  if ((await unitState(name)).active === 'failed') await controlUnit('reset-failed', name);
}
