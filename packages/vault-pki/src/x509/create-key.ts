import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '@neco/core';

/** Makes a new EC P-256 private key, PKCS #8 in PEM. The only kind of key that neco's CAs are asked to sign. */
export async function createKey(): Promise<Secret> {
  const { privateKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return new Secret(privateKey);
}
