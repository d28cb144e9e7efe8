import {
  certificateKindNames,
  certificateKinds,
  type CertificateKind,
} from '../certificates/certificate-kinds.ts';

/** The kinds of one server, each role once: two kinds of listener share theirs. */
export function distinctRoles(lrn: number): CertificateKind[] {
  const byRole = new Map<string, CertificateKind>();
  for (const name of certificateKindNames) {
    const kind = certificateKinds[name];
    byRole.set(`${kind.authority}/${kind.role(lrn)}`, kind);
  }
  return [...byRole.values()];
}
