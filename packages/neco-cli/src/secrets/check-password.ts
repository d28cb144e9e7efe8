import { NecoError } from '@neco/core';

/** Minimum length of an administrator password, in characters. */
const leastPasswordLength = 12;

/**
 * Vault hashes passwords by bcrypt, which takes no more bytes, and refuses longer ones when setup has made most of it.
 * https://pkg.go.dev/golang.org/x/crypto/bcrypt#GenerateFromPassword
 */
const mostPasswordBytes = 72;

/**
 * What is wrong with a new password, or undefined if nothing is.
 */
export function passwordFault(password: string): string | undefined {
  const fault = typedFault(password);
  if (fault !== undefined) return fault;
  const { length } = password;
  const bytes = Buffer.byteLength(password);
  if (bytes > mostPasswordBytes)
    return `the password has ${String(bytes)} bytes; Vault takes at most ${String(mostPasswordBytes)}`;
  if (length >= leastPasswordLength) return undefined;
  return `the password has ${String(length)} ${length === 1 ? 'character' : 'characters'}; it needs at least ${String(leastPasswordLength)}`;
}

/** What is wrong with a password whoever chose it: what nobody can type at a prompt. */
export function typedFault(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  if (/[\r\n]/.test(password)) return 'the password contains a line break';
  return /\p{Cc}/u.test(password) ? 'the password contains a control character' : undefined;
}

/**
 * @param source where the password came from, for the message.
 * @throws NecoError PASSWORD_INVALID, without the password in its text
 */
export function checkPassword(password: string, source: string): void {
  const fault = passwordFault(password);
  if (fault === undefined) return;
  throw new NecoError('PASSWORD_INVALID', `${source}: ${fault}`, {
    hint: `choose a password of ${String(leastPasswordLength)} or more characters and at most ${String(mostPasswordBytes)} bytes, in one line`,
  });
}
