import { createHash, createPublicKey } from 'node:crypto';
import { messageOf, NecoError, Secret } from '@neco/core';
import { Pkcs10CertificateRequest } from './x509-library.ts';

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
  if (/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    return new Uint8Array(new Pkcs10CertificateRequest(pem).publicKey.rawData);
  }
  return createPublicKey(pem).export({ type: 'spki', format: 'der' });
}
