const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a bundle, PEM each. */
export function splitCertificates(pem: string): string[] {
  return [...pem.matchAll(certificate)].map(([text]) => `${text}\n`);
}
