import type { Secret } from '@neco/core';
import type { CertificateNames } from './certificate-names.ts';

/**
 * Makes a certificate request (PKCS #10, PEM) for a key of `createKey`. The names in it are for people who read it:
 * neco's signing roles take names only from the parameters beside the request.
 */
export async function createSigningRequest(key: Secret, names: CertificateNames): Promise<string> {
  // Loaded here, because the X.509 library takes longer to load than all the rest.
  const { writeSigningRequest } = await import('./write-signing-request.ts');
  return writeSigningRequest(key, names);
}
