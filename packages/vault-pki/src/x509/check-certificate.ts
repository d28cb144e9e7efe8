import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { messageOf, type Secret } from '@neco/core';
import { certificateFacts, parseCertificate } from './certificate-facts.ts';

/** What a certificate must be. */
export interface CertificateExpectation {
  /** PEM. */
  certificate: string;
  /** Its private key, PEM; without it, only the certificate is looked at. */
  key?: Secret | undefined;
  /** The CA that must have signed it, PEM. */
  ca: string;
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** How long it must still be good, in milliseconds. */
  minimumLife?: number;
  /** The usages it must allow; no others are forbidden. */
  usages?: readonly ('server' | 'client')[];
}

const usageOids = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/**
 * Looks whether a certificate is what it should be: its key, issuer, P-256, life, usages, and exactly the names wanted
 * (the common name may stand among the alternative ones, where Vault puts it).
 *
 * @returns the first reason why it does not fit, as in "the certificate …"; undefined when it fits. Never throws.
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
    return messageOf(error);
  }
}

function keyFault(certificate: X509Certificate, key: Secret | undefined): string | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    return 'its key is not EC P-256';
  if (key === undefined || certificate.checkPrivateKey(createPrivateKey(key.reveal()))) return undefined;
  return 'its key is another than the private key beside it';
}

function issuerFault(certificate: X509Certificate, ca: string): string | undefined {
  const issuer = parseCertificate(ca);
  const signed = issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  return signed ? undefined : `it is not signed by the CA ${oneLine(issuer.subject)}`;
}

function lifeFault({ certificate, minimumLife = 0 }: CertificateExpectation): string | undefined {
  const { notBefore, notAfter } = certificateFacts(certificate);
  if (notBefore.getTime() > Date.now()) return `it begins only at ${notBefore.toISOString()}`;
  return notAfter.getTime() - Date.now() > minimumLife
    ? undefined
    : `it ends already at ${notAfter.toISOString()}`;
}

function namesFault(wanted: CertificateExpectation): string | undefined {
  const facts = certificateFacts(wanted.certificate);
  const { commonName } = wanted;
  if (facts.commonName !== commonName) return `its common name is ${facts.commonName}, not ${commonName}`;
  const names = new Set([...(wanted.dnsNames ?? []), ...(wanted.ipAddresses ?? [])]);
  const missing = [...names].find((name) => !facts.names.includes(name));
  if (missing !== undefined) return `it does not name ${missing}`;
  const foreign = facts.names.find((name) => !names.has(name) && name !== commonName);
  return foreign === undefined ? undefined : `it names ${foreign}, which is not this server's`;
}

function usageFault(
  certificate: X509Certificate,
  usages: readonly ('server' | 'client')[],
): string | undefined {
  // Node calls the extended key usage `keyUsage`; without any, types have it undefined though they do not say so.
  const there = (certificate.keyUsage as string[] | undefined) ?? [];
  const missing = usages.find((usage) => !there.includes(usageOids[usage]));
  return missing === undefined ? undefined : `it may not be used as a ${missing}'s`;
}

function oneLine(subject: string): string {
  return subject.replaceAll('\n', ', ');
}
