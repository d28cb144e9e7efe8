import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { NecoError, type Secret } from '@neco/core';
import { certificateFacts, parseCertificate } from './certificate-facts.ts';
import { splitCertificates } from './split-certificates.ts';
import { parseInput } from './parse-input.ts';

/** What a certificate must be. */
export interface CertificateExpectation {
  /** PEM. */
  certificate: string;
  /** Its private key, PEM; without it, only the certificate is checked. */
  key?: Secret | undefined;
  /** The CA that must have signed it, PEM; of a bundle, any. */
  ca: string;
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** How long it must remain valid, in milliseconds. */
  minimumLife?: number;
  /** The usages it must allow; it may allow others as well. */
  usages?: readonly ('server' | 'client')[];
}

const usageOids = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/**
 * Checks a certificate: its key, issuer, curve (P-256), validity, usages, and that it has exactly the names wanted (the common
 * name may also be among the alternative names, where Vault puts it).
 *
 * @returns the first fault, as in "the certificate is not usable: …"; undefined when there is none. Only what is wrong with the
 * input is a fault; a programming error is thrown.
 */
export function checkCertificate(wanted: CertificateExpectation): string | undefined {
  try {
    const certificate = parseCertificate(wanted.certificate);
    return (
      keyFault(certificate, wanted.key) ??
      issuerFault(certificate, wanted.ca) ??
      lifeFault(wanted) ??
      namesFault(wanted) ??
      usageFault(certificate, wanted.usages ?? [])
    );
  } catch (error) {
    if (error instanceof NecoError && error.code === 'CERTIFICATE_INVALID') return error.message;
    throw error;
  }
}

function keyFault(certificate: X509Certificate, key: Secret | undefined): string | undefined {
  const publicKey = parseInput('a certificate with a readable public key', () => certificate.publicKey);
  if (publicKey.asymmetricKeyType !== 'ec' || publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    return 'its key is not EC P-256';
  if (key === undefined) return undefined;
  const privateKey = parseInput('a private key in PEM', () => createPrivateKey(key.reveal()));
  return certificate.checkPrivateKey(privateKey)
    ? undefined
    : 'its key does not match the private key beside it';
}

function issuerFault(certificate: X509Certificate, ca: string): string | undefined {
  const [first = ca, ...others] = splitCertificates(ca);
  const issuers = [first, ...others].map(parseCertificate);
  const signed = issuers.some(
    (issuer) => issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
  );
  const names = [...new Set(issuers.map(({ subject }) => oneLine(subject)))].join(' or ');
  return signed ? undefined : `it is not signed by the CA ${names}`;
}

function lifeFault({ certificate, minimumLife = 0 }: CertificateExpectation): string | undefined {
  const { notBefore, notAfter } = certificateFacts(certificate);
  if (notBefore.getTime() > Date.now()) return `it is not valid before ${notBefore.toISOString()}`;
  return notAfter.getTime() - Date.now() > minimumLife
    ? undefined
    : `it expires too soon, at ${notAfter.toISOString()}`;
}

function namesFault(wanted: CertificateExpectation): string | undefined {
  const facts = certificateFacts(wanted.certificate);
  const { commonName } = wanted;
  if (facts.commonName !== commonName) return `its common name is ${facts.commonName}, not ${commonName}`;
  const names = new Set([...(wanted.dnsNames ?? []), ...(wanted.ipAddresses ?? [])]);
  const missing = [...names].find((name) => !facts.names.includes(name));
  if (missing !== undefined) return `it does not name ${missing}`;
  const foreign = facts.names.find((name) => !names.has(name) && name !== commonName);
  return foreign === undefined ? undefined : `it names ${foreign}, which is not expected`;
}

function usageFault(
  certificate: X509Certificate,
  usages: readonly ('server' | 'client')[],
): string | undefined {
  // Node calls the extended key usage `keyUsage`, and leaves it undefined where there is none, against its types.
  const there = (certificate.keyUsage as string[] | undefined) ?? [];
  const missing = usages.find((usage) => !there.includes(usageOids[usage]));
  return missing === undefined ? undefined : `it may not be used as a ${missing} certificate`;
}

function oneLine(subject: string): string {
  return subject.replaceAll('\n', ', ');
}
