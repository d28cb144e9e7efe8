import { createHash, createPublicKey } from 'node:crypto';
import { messageOf, NecoError, Secret } from '@neco/core';
import { DerReader, derTag } from './der-reader.ts';

/**
 * The fingerprint of a public key, `sha256:` and the hexadecimal SHA-256 of its SubjectPublicKeyInfo: the same for a
 * private key, its certificate request and its certificate.
 *
 * @param pem a private or public key, a certificate request or a certificate.
 * @throws NecoError CERTIFICATE_INVALID when it is none of these.
 */
export function publicKeyFingerprint(pem: string | Secret): string {
  const text = pem instanceof Secret ? pem.reveal() : pem;
  try {
    return `sha256:${createHash('sha256').update(publicKeyOf(text)).digest('hex')}`;
  } catch (error) {
    // Only public input is named; what fails to parse as a key is not shown.
    throw new NecoError(
      'CERTIFICATE_INVALID',
      'neither a key nor a certificate nor a certificate request in PEM',
      {
        cause: new Error(messageOf(error)),
      },
    );
  }
}

function publicKeyOf(pem: string): Uint8Array {
  const request = /-----BEGIN CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1];
  if (request === undefined) return createPublicKey(pem).export({ type: 'spki', format: 'der' });
  // Node has no certificate requests: the key is the third part of the first part (RFC 2986, 4.1).
  const info = new DerReader(Buffer.from(request, 'base64')).enter().enter();
  info.take(derTag.integer);
  info.take(derTag.sequence);
  const key = info.take(derTag.sequence).whole;
  return createPublicKey({ key: Buffer.from(key), type: 'spki', format: 'der' }).export({
    type: 'spki',
    format: 'der',
  });
}
