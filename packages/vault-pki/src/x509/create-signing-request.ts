import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import type { Secret } from '@neco/core';

/** The names that a certificate is asked for. */
export interface CertificateNames {
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Makes a certificate request (PKCS #10, PEM) for a key of `createKey`. The names in it are for people who read it:
 * neco's signing roles take names only from the parameters beside the request.
 */
export async function createSigningRequest(key: Secret, names: CertificateNames): Promise<string> {
  // Loaded here, because it takes longer to load than all the rest; it asks for the polyfill before itself.
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } =
    await import('@peculiar/x509');
  const { commonName, dnsNames = [], ipAddresses = [] } = names;
  const alternatives = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: await keyPair(key),
    signingAlgorithm: algorithm,
    extensions: alternatives.length === 0 ? [] : [new SubjectAlternativeNameExtension(alternatives)],
  });
  return `${request.toString('pem').trim()}\n`;
}

async function keyPair(key: Secret): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = createPrivateKey(key.reveal());
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}
