import { NecoError, type ErrorDetail } from '@neco/core';

/** One error that says all that is wrong. */
export function preflightFailed(
  findings: readonly ErrorDetail[],
  hint = 'fix these problems, then run the same command again on all servers',
): NecoError {
  const number = findings.length === 1 ? 'one problem' : `${String(findings.length)} problems`;
  return new NecoError('PREFLIGHT_FAILED', `preflight found ${number}; nothing was changed`, {
    details: findings,
    hint,
  });
}
