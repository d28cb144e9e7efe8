import { publicKeyFingerprint, splitCertificates } from '@neco/vault-pki';

/** The fingerprints of the public keys of all CAs in a file, PEM. @throws NecoError CERTIFICATE_INVALID */
export function authorityFingerprints(pem: string): string[] {
  return splitCertificates(pem).map(publicKeyFingerprint);
}
