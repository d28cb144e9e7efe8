import type { Vault } from '@neco/vault-pki';
import { authorities, leafLifeHours, type AuthorityName } from '../certificates/authorities.ts';
import type { CertificateKind } from '../certificates/certificate-kinds.ts';
import { distinctRoles } from './distinct-roles.ts';

/**
 * Makes the signing roles of these boot servers at one authority, and at that of etcd's clients those of etcd's root user
 * and of backups; and has Vault remove there what has expired. The mount must be there.
 * @param lives what the certificates that carry one are bound to, by LRN; see `newLife`. The temporary Vault has none.
 */
export async function ensureSigningRoles(
  vault: Vault,
  name: AuthorityName,
  lrns: readonly number[],
  lives: ReadonlyMap<number, string>,
): Promise<void> {
  const kinds = lrns.flatMap((lrn) => distinctRoles(lrn).map((kind) => ({ kind, lrn })));
  await Promise.all([
    vault.pki(authorities[name].mount).ensureTidied(),
    ...kinds
      .filter(({ kind }) => kind.authority === name)
      .map(({ kind, lrn }) => ensureServerRole(vault, kind, lrn, lives.get(lrn))),
    ...(name === 'client' ? [ensureSpecialRole(vault, 'root'), ensureSpecialRole(vault, 'backup')] : []),
  ]);
}

function ensureServerRole(
  vault: Vault,
  kind: CertificateKind,
  lrn: number,
  life: string | undefined,
): Promise<unknown> {
  return vault.pki(authorities[kind.authority].mount).ensureSigningRole(kind.role(lrn), {
    allowedDomains: kind.addressed ? [kind.commonName(lrn), 'localhost'] : [kind.commonName(lrn)],
    server: kind.usages.server,
    client: kind.usages.client,
    ...(kind.carriesLife && life !== undefined ? { organizationalUnits: [life] } : {}),
    allowIpSans: kind.addressed,
    ttl: `${String(leafLifeHours)}h`,
  });
}

/** Both have all rights in etcd: minutes, signed again for each command and each backup, with a key in memory. */
function ensureSpecialRole(vault: Vault, name: 'root' | 'backup'): Promise<unknown> {
  const role = { server: false, client: true, allowIpSans: false, allowedDomains: [name], ttl: '10m' };
  return vault.pki(authorities.client.mount).ensureSigningRole(name, role);
}
