import { createHash, randomBytes } from 'node:crypto';
import { NecoError, Secret } from '@neco/core';
import { setupSecretBase32 } from './setup-secret-base32.ts';

const prefix = 'neco1-';
const randomCharacters = 26;
const checksumCharacters = 4;
const length = prefix.length + randomCharacters + checksumCharacters;
const hint =
  'copy the whole secret as the coordinator shows it, or make one with "neco setup-secret" and give the same to all boot servers';

/**
 * Makes a setup secret: `neco1-`, 26 characters that hold 128 random bits, and 4 characters of checksum (20 bits
 * of SHA-256, so that of a million mistyped secrets one passes). The alphabet is Crockford's base32 in lower case,
 * which has no i, l, o and u (https://www.crockford.com/base32.html).
 */
export function createSetupSecret(): Secret {
  const body = prefix + setupSecretBase32.encode(randomBytes(16));
  return new Secret(body + checksum(body));
}

/**
 * Reads a setup secret as a person types it or a file holds it. White space around it is dropped and upper case
 * put right; nothing else is accepted. Gives it in the form in which it was made.
 * @throws NecoError SECRET_INVALID that says what is wrong and where, and never what was given.
 */
export function parseSetupSecret(text: string): Secret {
  const given = text.trim().toLowerCase();
  if (given === '') throw invalid('it is empty');
  if (!given.startsWith(prefix)) throw invalid(`it does not begin with "${prefix}"`);
  refuseCharacters(given);
  if (given.length !== length) {
    throw invalid(`it has ${String(given.length)} characters instead of ${String(length)}`);
  }
  const body = given.slice(0, prefix.length + randomCharacters);
  const matches = checksum(body) === given.slice(body.length);
  if (!matches || setupSecretBase32.decode(body.slice(prefix.length)) === undefined) {
    throw invalid('its checksum is wrong: a character is wrong, or two are swapped');
  }
  return new Secret(given);
}

function refuseCharacters(given: string): void {
  const wrong = Array.from(given).findIndex(
    (character, index) => index >= prefix.length && !setupSecretBase32.knows(character),
  );
  if (wrong === -1) return;
  throw invalid(
    `character ${String(wrong + 1)} is invalid (use 0-9 and a-z without i, l, o, u: ` +
      'an apparent o is the digit 0, an apparent i or l the digit 1)',
  );
}

function checksum(body: string): string {
  return setupSecretBase32.encode(createHash('sha256').update(body).digest()).slice(0, checksumCharacters);
}

function invalid(what: string): NecoError {
  return new NecoError('SECRET_INVALID', `this is not a setup secret: ${what}`, { hint });
}
