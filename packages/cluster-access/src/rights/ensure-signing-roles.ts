import type { Vault } from '@neco/vault-pki';
import { authorities, leafLifeHours, type AuthorityName } from '../certificates/authorities.ts';
import type { CertificateKind } from '../certificates/certificate-kinds.ts';
import { distinctRoles } from './distinct-roles.ts';

/**
 * Makes the signing roles of these boot servers at one authority, and at that of etcd's clients those of etcd's root user
 * and of backups. The mount must be there.
 */
export async function ensureSigningRoles(
  vault: Vault,
  name: AuthorityName,
  lrns: readonly number[],
): Promise<void> {
  const kinds = lrns.flatMap((lrn) => distinctRoles(lrn).map((kind) => ({ kind, lrn })));
  await Promise.all([
    ...kinds
      .filter(({ kind }) => kind.authority === name)
      .map(({ kind, lrn }) => ensureServerRole(vault, kind, lrn)),
    ...(name === 'client'
      ? [ensureSpecialRole(vault, 'root', '10m'), ensureSpecialRole(vault, 'backup', '168h')]
      : []),
  ]);
}

function ensureServerRole(vault: Vault, kind: CertificateKind, lrn: number): Promise<unknown> {
  return vault.pki(authorities[kind.authority].mount).ensureSigningRole(kind.role(lrn), {
    allowedDomains: kind.addressed ? [kind.commonName(lrn), 'localhost'] : [kind.commonName(lrn)],
    server: kind.usages.server,
    client: kind.usages.client,
    allowIpSans: kind.addressed,
    ttl: `${String(leafLifeHours)}h`,
  });
}

function ensureSpecialRole(vault: Vault, name: string, ttl: string): Promise<unknown> {
  const role = { server: false, client: true, allowIpSans: false, allowedDomains: [name], ttl };
  return vault.pki(authorities.client.mount).ensureSigningRole(name, role);
}
