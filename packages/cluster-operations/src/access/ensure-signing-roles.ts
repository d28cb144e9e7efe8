import type { Vault } from '@neco/vault-pki';
import { authorities, leafLifeHours } from './authorities.ts';
import type { CertificateKind } from './certificate-kinds.ts';
import { distinctRoles } from './distinct-roles.ts';

/** Makes the issuing roles of these boot servers, and those of etcd's root user and of backups. */
export async function ensureSigningRoles(vault: Vault, lrns: readonly number[]): Promise<void> {
  const servers = lrns.flatMap((lrn) => distinctRoles(lrn).map((kind) => ensureServerRole(vault, kind, lrn)));
  const client = authorities.client.mount;
  const special = { server: false, client: true, allowIpSans: false };
  await Promise.all([
    ...servers,
    vault.ensureSigningRole(client, 'root', { ...special, allowedDomains: ['root'], ttl: '10m' }),
    vault.ensureSigningRole(client, 'backup', { ...special, allowedDomains: ['backup'], ttl: '168h' }),
  ]);
}

function ensureServerRole(vault: Vault, kind: CertificateKind, lrn: number): Promise<unknown> {
  return vault.ensureSigningRole(authorities[kind.authority].mount, kind.role(lrn), {
    allowedDomains: kind.addressed ? [kind.commonName(lrn), 'localhost'] : [kind.commonName(lrn)],
    server: kind.usages.server,
    client: kind.usages.client,
    allowIpSans: kind.addressed,
    ttl: `${String(leafLifeHours)}h`,
  });
}
