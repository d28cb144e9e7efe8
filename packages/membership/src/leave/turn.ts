import { NecoError } from '@neco/core';

/** The error of a leave whose turn did not come in time: two changes at once could cost the quorum. */
export function inFlight(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'BUSY') throw error;
  throw new NecoError('QUORUM_AT_RISK', `another change is in progress: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
