import { NecoError } from '@neco/core';

/** How long another command is waited for: longer than the lock outlives a holder that was killed. */
export const turnLimit = 20_000;

/** What a leave waits for, and for how long, before it changes anything. */
export function turnOf(lrn: number): { what: string; turnLimit: number } {
  return { what: `neco leave ${String(lrn)}`, turnLimit };
}

/** The error of a leave whose turn did not come in time: two changes at once could cost the quorum. */
export function inFlight(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'BUSY') throw error;
  throw new NecoError('QUORUM_AT_RISK', `another change is in progress: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
