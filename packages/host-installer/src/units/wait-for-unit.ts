import { NecoError, waitFor } from '@neco/core';
import { unitError } from './unit-error.ts';
import {
  describeUnit,
  unitState,
  type UnitState,
  type WaitForUnitOptions,
  type WantedUnitState,
} from './unit-state.ts';

/**
 * Waits until a unit is active or stopped. Ends at once when it has failed for good; a unit that systemd starts again
 * by itself (`auto-restart`) has not.
 * @throws NecoError SERVICE_FAILED with its last state and the end of its log; CANCELLED
 */
export async function waitForUnit(
  name: string,
  wanted: WantedUnitState,
  options: WaitForUnitOptions = {},
): Promise<UnitState> {
  const { signal, timeout, reporter } = options;
  try {
    return await waitFor(
      async () => {
        const state = await unitState(name);
        if (isAsWanted(state, wanted)) return { done: true, value: state };
        if (cannotBecome(state, wanted)) throw await unitError(name, `${name} did not become ${wanted}`);
        return { done: false, seen: `${name} is ${describeUnit(state)}` };
      },
      {
        what: `${name} to be ${wanted}`,
        pause: 30,
        maxPause: 100,
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal === undefined ? {} : { signal }),
        ...(reporter === undefined
          ? {}
          : {
              onState: (state) => {
                reporter.state(state);
              },
            }),
      },
    );
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
    const limit = `${String((timeout ?? 0) / 1000)} s`;
    throw await unitError(name, `${name} did not become ${wanted} within ${limit}`, error);
  }
}

function isAsWanted({ active }: UnitState, wanted: WantedUnitState): boolean {
  if (wanted === 'stopped') return active === 'inactive' || active === 'failed';
  return active === wanted;
}

function cannotBecome({ active, load }: UnitState, wanted: WantedUnitState): boolean {
  if (wanted === 'active') return active === 'failed' || load === 'not-found' || load === 'masked';
  return wanted === 'inactive' && active === 'failed';
}
