import type { ErrorDetail, NecoError } from '@neco/core';
import { preflightFailed } from '@neco/preflight';

/** One error that says all that keeps this server from joining. */
export function refuseJoin(findings: readonly ErrorDetail[]): NecoError {
  return preflightFailed(findings, 'fix these problems, then run the same command again');
}
