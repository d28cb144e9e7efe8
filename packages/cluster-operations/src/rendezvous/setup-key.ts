import { hkdfSync } from 'node:crypto';
import { NecoError, type Secret } from '@neco/core';
import { setupSecretBase32 } from './setup-secret-base32.ts';

/** What a key is for: keys of different uses have nothing in common. */
export type SetupKeyUse = 'rendezvous psk' | 'state file';

/**
 * Derives a key of 32 bytes from the setup secret by HKDF-SHA256 (RFC 5869). The salt is the cluster's name and
 * the sorted LRNs (as JSON, so that no two lists read alike), the info is the use.
 * @param secret as `parseSetupSecret` gives it.
 * @throws NecoError SECRET_INVALID when it is not one.
 */
export function setupKey(secret: Secret, cluster: string, lrns: readonly number[], use: SetupKeyUse): Buffer {
  const bits = setupSecretBase32.decode(secret.reveal().slice('neco1-'.length, 'neco1-'.length + 26));
  if (bits?.length !== 16) {
    throw new NecoError('SECRET_INVALID', 'this is not a setup secret', { hint: 'read it with parseSetupSecret first' });
  }
  const salt = JSON.stringify([cluster, [...lrns].sort((a, b) => a - b)]);
  return Buffer.from(hkdfSync('sha256', bits, salt, `neco 1 ${use}`, 32));
}
