import { certificateFacts } from './certificate-facts.ts';

/**
 * When to renew a certificate: when a third of its life is left.
 *
 * @param since the start of its life; Vault backdates a certificate by half a minute, which matters for short ones.
 * @throws NecoError CERTIFICATE_INVALID when it is not a certificate.
 */
export function renewalTime(pem: string, since?: Date): Date {
  const { notBefore, notAfter } = certificateFacts(pem);
  const life = notAfter.getTime() - (since ?? notBefore).getTime();
  return new Date(notAfter.getTime() - life / 3);
}
