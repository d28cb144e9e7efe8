import type { Application } from '@neco/bootserver-registry';
import { leafLifeHours } from '@neco/cluster-access';
import type { ApplicationStatus, CertificateStatus } from '../status-schema.ts';

const day = 24 * 60 * 60 * 1000;

/** A certificate is to be renewed when a third of its life is left. */
const lateShare = 1 / 3;

/** Judges a certificate's term. */
export function certificateStatus(
  found: { server: string; where: string; notBefore: Date; notAfter: Date },
  now: number = Date.now(),
): CertificateStatus {
  const { server, where, notBefore, notAfter } = found;
  const left = notAfter.getTime() - now;
  const life = notAfter.getTime() - notBefore.getTime();
  return {
    server,
    where,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    daysLeft: Math.floor(left / day),
    state: termState(left, life, now - notBefore.getTime()),
  };
}

function termState(left: number, life: number, age: number): CertificateStatus['state'] {
  if (left <= 0) return 'expired';
  if (age < 0) return 'not-yet-valid';
  return left < life * lateShare ? 'expiring' : 'valid';
}

/** The life of a certificate of an application whose beginning nobody noted. */
const applicationLife = leafLifeHours * 3_600_000;

/** Judges a certificate of an application by what is recorded of it. */
export function applicationCertificateState(
  { notBefore, notAfter }: Pick<Application['certificates'][number], 'notBefore' | 'notAfter'>,
  now: number = Date.now(),
): ApplicationStatus['certificates'][number]['state'] {
  const left = Date.parse(notAfter) - now;
  if (left <= 0) return 'expired';
  const life = notBefore === undefined ? applicationLife : Date.parse(notAfter) - Date.parse(notBefore);
  return left < life * lateShare ? 'expiring' : 'valid';
}
