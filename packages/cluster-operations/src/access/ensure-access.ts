import { serverName } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import { administratorPolicy, operatorPolicy, serverPolicy, viewerPolicy, type Vault } from '@neco/vault-pki';
import { authorities, leafLifeHours } from './authorities.ts';
import {
  certificateKindNames,
  certificateKinds,
  namesOf,
  type CertificateKind,
} from './certificate-kinds.ts';

/** Name of the Vault policy of people who run the data centre. */
export const administratorPolicyName = 'neco-administrator';

/** Makes the PKI mounts of a Vault. */
export async function ensureMounts(vault: Vault, lifeHours: number): Promise<void> {
  await Promise.all(
    Object.values(authorities).map(({ mount }) => vault.ensurePki(mount, { maxTtlHours: lifeHours })),
  );
}

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

/** The kinds of one server, each role once: two kinds of listener share theirs. */
function distinctRoles(lrn: number): CertificateKind[] {
  const byRole = new Map<string, CertificateKind>();
  for (const name of certificateKindNames) {
    const kind = certificateKinds[name];
    byRole.set(`${kind.authority}/${kind.role(lrn)}`, kind);
  }
  return [...byRole.values()];
}

/** Who may do what in Vault: the policy and the log-in of each boot server, and the policies of people. */
export async function ensureVaultAccess(
  vault: Vault,
  addresses: ReadonlyMap<number, string>,
  serverCa: string,
): Promise<void> {
  await Promise.all([vault.ensureCertAuth(), vault.ensureUserpass()]);
  await Promise.all([
    ...[...addresses].map(([lrn, address]) => ensureServerAccess(vault, lrn, address, serverCa)),
    vault.ensurePolicy(administratorPolicyName, administratorPolicy()),
    vault.ensurePolicy('neco-operator', operatorPolicy()),
    vault.ensurePolicy('neco-viewer', viewerPolicy()),
  ]);
}

/**
 * The policy and the log-in of one boot server.
 * @param applications names of those whose certificates it may have signed.
 */
export async function ensureServerAccess(
  vault: Vault,
  lrn: number,
  address: string,
  serverCa: string,
  applications: readonly string[] = [],
): Promise<void> {
  const name = serverName(lrn);
  const own = distinctRoles(lrn).map((kind) => {
    const { dnsNames, ipAddresses } = namesOf(kind, lrn, address);
    return {
      mount: authorities[kind.authority].mount,
      role: kind.role(lrn),
      commonName: kind.commonName(lrn),
      ...(dnsNames.length === 0 ? {} : { altNames: dnsNames.slice(1).join(',') }),
      ...(ipAddresses.length === 0 ? {} : { ipSans: ipAddresses.join(',') }),
    };
  });
  const special = ['root', 'backup', ...applications].map((role) => ({
    mount: authorities.client.mount,
    role,
    commonName: role,
  }));
  await vault.ensurePolicy(name, serverPolicy([...own, ...special]));
  await vault.ensureCertRole(name, {
    ca: serverCa,
    allowedCommonNames: [name],
    policies: [name],
    ttl: '10m',
  });
}

/** etcd's users and roles: root, backup, and for each boot server its neco and its vault. */
export async function ensureEtcdAccess(
  etcd: EtcdCluster,
  lrns: readonly number[],
  prefix: string,
): Promise<void> {
  await etcd.ensureUser('root', []);
  await Promise.all([
    etcd.ensureRole('root', []),
    etcd.ensureRole('neco', [{ prefix, access: 'readwrite' }]),
    etcd.ensureRole('vault', [{ prefix: '/vault/', access: 'readwrite' }]),
  ]);
  await etcd.ensureUser('root', ['root']);
  await Promise.all([
    etcd.ensureUser('backup', ['root']),
    ...lrns.flatMap((lrn) => [
      etcd.ensureUser(`neco-${String(lrn)}`, ['neco']),
      etcd.ensureUser(`vault-${String(lrn)}`, ['vault']),
    ]),
  ]);
}
