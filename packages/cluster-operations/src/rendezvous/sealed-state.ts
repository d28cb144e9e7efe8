import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { NecoError, type Secret } from '@neco/core';
import { setupKey } from './setup-key.ts';

const magic = Buffer.from('neco-sealed-1\n');
const nonceLength = 12;
const tagLength = 16;

/**
 * Encrypts what must survive a power cut of the leader (AES-256-GCM, a fresh nonce each time) with a key of the
 * setup secret, the cluster's name and the LRNs. Layout: magic, nonce (12 bytes), tag (16 bytes), cipher text.
 */
export function sealState(secret: Secret, cluster: string, lrns: readonly number[], plaintext: Buffer): Buffer {
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
    throw new NecoError('FILE_FAILED', 'the saved state of setup is cut short or not from neco', {
      hint: 'look at the files of setup under /var/lib/neco; what neco did not write there does not belong there',
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
    throw new NecoError('SECRET_INVALID', 'the saved state of setup does not open with this setup secret, cluster and list of LRNs', {
      hint: 'run setup with the same setup secret and the same LRNs with which it was begun',
    });
  }
}
