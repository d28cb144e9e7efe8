import { NecoError } from '@neco/core';
import { journalTail } from './journal-tail.ts';
import { lastWordsOf, tailLength } from './last-words.ts';
import { describeUnit, unitState } from './unit-state.ts';

const shown = 10;

/** A unit that is not as it should be: what was wanted, how it is, and the end of its log as details. */
export async function unitError(name: string, what: string, cause?: unknown): Promise<NecoError> {
  const state = await unitState(name).then(describeUnit, () => 'unknown');
  const tail = await journalTail(name, tailLength).catch(() => []);
  const last = lastWordsOf(tail);
  return new NecoError(
    'SERVICE_FAILED',
    `${what}; it is ${state}${last === undefined ? '' : `; its log ends: ${last}`}`,
    {
      hint: `see "journalctl -u ${name}" for all of its log`,
      details: tail.slice(-shown).map((message) => ({ message })),
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
