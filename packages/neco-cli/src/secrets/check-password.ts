import { NecoError } from '@neco/core';

/** The fewest characters that a password of an administrator has. */
export const leastPasswordLength = 12;

/**
 * What is wrong with a password, or undefined.
 */
export function passwordFault(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  const { length } = password;
  if (length >= leastPasswordLength) return undefined;
  return `the password has ${String(length)} characters, at least ${String(leastPasswordLength)} are needed`;
}

/**
 * @param source where the password came from, for the message.
 * @throws NecoError PASSWORD_INVALID; the password is not in it.
 */
export function checkPassword(password: string, source: string): void {
  const fault = passwordFault(password);
  if (fault === undefined) return;
  throw new NecoError('PASSWORD_INVALID', `${source}: ${fault}`, {
    hint: `choose one of ${String(leastPasswordLength)} characters or more`,
  });
}
