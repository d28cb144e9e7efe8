import { NecoError, type ErrorDetail } from '@neco/core';

/** One error that says all that is wrong. */
export function preflightFailed(
  findings: readonly ErrorDetail[],
  hint = 'mend what is listed and run the same command again on all servers',
): NecoError {
  const number = findings.length === 1 ? 'one thing is' : `${String(findings.length)} things are`;
  return new NecoError('PREFLIGHT_FAILED', `${number} wrong; nothing was changed`, {
    details: findings,
    hint,
  });
}
