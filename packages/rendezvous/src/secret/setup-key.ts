import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { NecoError, type Secret } from '@neco/core';
import { setupSecretBase32 } from './setup-secret-base32.ts';

const magic = Buffer.from('neco-sealed-1\n');
const nonceLength = 12;
const tagLength = 16;

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
    throw new NecoError('SECRET_INVALID', 'this is not a setup secret', {
      hint: 'read it with parseSetupSecret first',
    });
  }
  const salt = JSON.stringify([cluster, [...lrns].sort((a, b) => a - b)]);
  return Buffer.from(hkdfSync('sha256', bits, salt, `neco 1 ${use}`, 32));
}

/**
 * Encrypts what must survive a power cut of the coordinator (AES-256-GCM, a fresh nonce each time) with a key of the
 * setup secret, the cluster's name and the LRNs. Layout: magic, nonce (12 bytes), tag (16 bytes), cipher text.
 */
export function sealState(
  secret: Secret,
  cluster: string,
  lrns: readonly number[],
  plaintext: Buffer,
): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', setupKey(secret, cluster, lrns, 'state file'), nonce);
  cipher.setAAD(magic);
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([magic, nonce, cipher.getAuthTag(), text]);
}

/**
 * Gives what `sealState` was given.
 * @throws NecoError SECRET_INVALID when the secret, the cluster or the LRNs are others, or the bytes were changed;
 * FILE_FAILED when they are not sealed state at all.
 */
export function openState(secret: Secret, cluster: string, lrns: readonly number[], sealed: Buffer): Buffer {
  const textStart = magic.length + nonceLength + tagLength;
  if (sealed.length < textStart || !sealed.subarray(0, magic.length).equals(magic)) {
    throw new NecoError('FILE_FAILED', 'the saved state of setup is truncated or was not written by neco', {
      hint: 'check the files of setup under /var/lib/neco',
    });
  }
  const nonce = sealed.subarray(magic.length, magic.length + nonceLength);
  const key = setupKey(secret, cluster, lrns, 'state file');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(magic);
  decipher.setAuthTag(sealed.subarray(magic.length + nonceLength, textStart));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(textStart)), decipher.final()]);
  } catch {
    throw new NecoError(
      'SECRET_INVALID',
      'the saved state of setup cannot be decrypted with this setup secret, cluster and list of LRNs',
      {
        hint: 'run setup with the setup secret and the LRNs with which it was started',
      },
    );
  }
}
