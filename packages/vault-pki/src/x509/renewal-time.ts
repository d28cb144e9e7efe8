import { certificateFacts } from './certificate-facts.ts';

/**
 * When a certificate is to be renewed: when a third of its life is left.
 *
 * @param since from when its life counts; Vault dates a certificate half a minute back, which matters for short ones.
 * @throws NecoError CERTIFICATE_INVALID when it is none.
 */
export function renewalTime(pem: string, since?: Date): Date {
  const { notBefore, notAfter } = certificateFacts(pem);
  const life = notAfter.getTime() - (since ?? notBefore).getTime();
  return new Date(notAfter.getTime() - life / 3);
}
