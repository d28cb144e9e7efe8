import { inspect } from 'node:util';
import { NecoError, type ErrorCode, type Secret } from '@neco/core';
import { expect } from 'chai';

/**
 * The error that a call must end with. Whatever way it is printed, with all that hangs on it, none of the secrets may be
 * in it.
 */
export async function failureOf(
  call: Promise<unknown>,
  code: ErrorCode,
  secrets: readonly Secret[] = [],
): Promise<NecoError> {
  const error = await call.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(NecoError);
  const failure = error as NecoError;
  expect(failure.code, failure.message).to.equal(code);
  const shown =
    inspect(failure, { depth: Infinity, showHidden: true, getters: true }) + JSON.stringify(failure);
  for (const secret of secrets) expect(shown).not.to.include(secret.reveal());
  return failure;
}
