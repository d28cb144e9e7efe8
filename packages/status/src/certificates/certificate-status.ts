import { leafLifeHours } from '@neco/cluster-access';
import type { ApplicationStatus, CertificateStatus } from '../status-schema.ts';

const day = 24 * 60 * 60 * 1000;

/** A certificate is to be renewed when a third of its life is left; when a sixth is left, nobody did. */
const lateShare = 1 / 6;

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

/** How long before its end a certificate of an application is late, whose beginning nobody noted. */
const applicationLate = leafLifeHours * 3_600_000 * lateShare;

/** Judges a certificate of an application by its end alone. */
export function applicationCertificateState(
  notAfter: string,
  now: number = Date.now(),
): ApplicationStatus['certificates'][number]['state'] {
  const left = Date.parse(notAfter) - now;
  if (left <= 0) return 'expired';
  return left < applicationLate ? 'expiring' : 'valid';
}
