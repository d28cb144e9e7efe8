import { publicKeyFingerprint } from '@neco/vault-pki';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The fingerprints of the public keys of all CAs in a file, PEM. @throws NecoError CERTIFICATE_INVALID */
export function authorityFingerprints(pem: string): string[] {
  return [...pem.matchAll(certificate)].map(([text]) => publicKeyFingerprint(text));
}
