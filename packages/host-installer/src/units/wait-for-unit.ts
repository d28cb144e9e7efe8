import { NecoError, waitFor } from '@neco/core';
import { lastWords } from './last-words.ts';
import { unitError } from './unit-error.ts';
import {
  describeUnit,
  unitState,
  type UnitState,
  type WaitForUnitOptions,
  type WantedUnitState,
} from './unit-state.ts';

/** How often the journal of a unit that is waited for is looked at, in ms: that costs more than asking for its state. */
const journalPause = 2000;

/**
 * Waits until a unit is active or stopped. Ends at once when it has failed for good; a unit that systemd starts again
 * by itself (`auto-restart`) has not. What was last seen ends with the last line of its log, which says why it does not start.
 * @throws NecoError SERVICE_FAILED with its last state and the end of its log; CANCELLED
 */
export async function waitForUnit(
  name: string,
  wanted: WantedUnitState,
  options: WaitForUnitOptions = {},
): Promise<UnitState> {
  const { signal, timeout, reporter } = options;
  const log = journalFollower(name);
  try {
    return await waitFor(
      async () => {
        const state = await unitState(name);
        if (isAsWanted(state, wanted)) return { done: true, value: state };
        if (cannotBecome(state, wanted)) throw await unitError(name, `${name} did not become ${wanted}`);
        return { done: false, seen: `${name} is ${describeUnit(state)}${await log()}` };
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

/** Gives the last line of a unit's log for a message, looked up now and then; nothing at first, when most units are fine. */
function journalFollower(name: string): () => Promise<string> {
  let text = '';
  let looked = performance.now();
  return async () => {
    if (performance.now() - looked < journalPause) return text;
    const last = await lastWords(name);
    looked = performance.now();
    text = last === undefined ? '' : `; its log ends: ${last}`;
    return text;
  };
}

function isAsWanted({ active }: UnitState, wanted: WantedUnitState): boolean {
  if (wanted === 'stopped') return active === 'inactive' || active === 'failed';
  return active === wanted;
}

function cannotBecome({ active, load }: UnitState, wanted: WantedUnitState): boolean {
  if (wanted === 'active') return active === 'failed' || load === 'not-found' || load === 'masked';
  return wanted === 'inactive' && active === 'failed';
}
