import { NecoError } from '@neco/core';

/** Minimum length of an administrator password, in characters. */
const leastPasswordLength = 12;

/**
 * What is wrong with a new password, or undefined if nothing is.
 */
export function passwordFault(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  const { length } = password;
  if (length >= leastPasswordLength) return undefined;
  return `the password has ${String(length)} ${length === 1 ? 'character' : 'characters'}; it needs at least ${String(leastPasswordLength)}`;
}

/**
 * @param source where the password came from, for the message.
 * @throws NecoError PASSWORD_INVALID, without the password in its text
 */
export function checkPassword(password: string, source: string): void {
  const fault = passwordFault(password);
  if (fault === undefined) return;
  throw new NecoError('PASSWORD_INVALID', `${source}: ${fault}`, {
    hint: `choose a password of ${String(leastPasswordLength)} or more characters`,
  });
}
