// The X.509 library requires this polyfill to be imported first.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import type { Secret } from '@neco/core';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { CertificateNames } from './certificate-names.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** How much earlier a certificate begins, in ms: clocks differ. */
const backdated = 60_000;

/** As `createSigningRequest`, with the X.509 library loaded. */
export async function writeSigningRequest(key: Secret, names: CertificateNames): Promise<string> {
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

/** As `createSelfSigned`, with the X.509 library loaded. */
export async function writeSelfSigned(key: Secret, commonName: string, lifetime: number): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Positive, and never short of a byte.
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    name: [{ CN: [commonName] }],
    notBefore: new Date(Date.now() - backdated),
    notAfter: new Date(Date.now() + lifetime),
    signingAlgorithm: algorithm,
    keys: await keyPair(key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  });
  return `${certificate.toString('pem').trim()}\n`;
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
