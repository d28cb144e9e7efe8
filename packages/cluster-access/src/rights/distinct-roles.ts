import { authorities } from '../certificates/authorities.ts';
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

/** The signing roles that a boot server has to itself. */
export function signingRolesOf(lrn: number): { mount: string; role: string }[] {
  return distinctRoles(lrn).map((kind) => ({
    mount: authorities[kind.authority].mount,
    role: kind.role(lrn),
  }));
}
