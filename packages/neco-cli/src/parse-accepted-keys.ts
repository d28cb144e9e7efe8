import { NecoError, parseLrn } from '@neco/core';

/**
 * Parses the values of `--accept-key`: an LRN and the fingerprint that setup printed for its new key.
 * @throws NecoError USAGE, LRN_INVALID
 */
export function parseAcceptedKeys(texts: readonly string[]): Map<number, string> {
  const accepted = new Map<number, string>();
  for (const text of texts) {
    const match = /^([^=]*)=(sha256:[A-Za-z0-9+/:_-]{32,95}=?)$/.exec(text);
    if (match === null) {
      throw new NecoError('USAGE', `--accept-key ${JSON.stringify(text)} is not LRN=sha256:FINGERPRINT`, {
        hint: 'copy the value from the message in which setup printed both fingerprints',
      });
    }
    accepted.set(parseLrn(match[1] ?? ''), match[2] ?? '');
  }
  return accepted;
}
