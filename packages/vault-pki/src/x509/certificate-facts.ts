import { X509Certificate } from 'node:crypto';
import { NecoError } from '@neco/core';
import { parseInput } from './parse-input.ts';

export interface CertificateFacts {
  /** As Vault writes it, `0a:1b:…`. */
  serial: string;
  notBefore: Date;
  notAfter: Date;
  /** Empty when there is none. */
  commonName: string;
  organizationalUnits: string[];
  /** DNS names and IP addresses, in the certificate's order. */
  names: string[];
}

/**
 * Reads a certificate.
 *
 * @param pem the certificate; of a bundle, the first.
 * @throws NecoError CERTIFICATE_INVALID when it is not a certificate.
 */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = parseCertificate(pem);
  return {
    serial: serialOf(certificate),
    notBefore: dateOf(certificate.validFromDate),
    notAfter: dateOf(certificate.validToDate),
    commonName: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '',
    organizationalUnits: [...certificate.subject.matchAll(/^OU=(.*)$/gm)].map(([, unit = '']) => unit),
    names: namesOf(certificate),
  };
}

/** @throws NecoError CERTIFICATE_INVALID */
export function parseCertificate(pem: string): X509Certificate {
  return parseInput('a certificate in PEM', () => new X509Certificate(pem));
}

function dateOf(date: Date): Date {
  if (Number.isNaN(date.getTime()))
    throw new NecoError('CERTIFICATE_INVALID', 'not a certificate in PEM: a date in it is invalid');
  return date;
}

function serialOf({ serialNumber }: X509Certificate): string {
  const hex = serialNumber.toLowerCase();
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return (even.match(/../g) ?? []).join(':');
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const entries = subjectAltName.split(', ').filter((entry) => entry !== '');
  return entries.map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
}
