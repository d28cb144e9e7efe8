import { serverName } from '@neco/core';
import { serverPolicy, type Vault } from '@neco/vault-pki';
import { authorities } from '../certificates/authorities.ts';
import { namesOf } from '../certificates/certificate-kinds.ts';
import { distinctRoles } from './distinct-roles.ts';

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
  await vault.system.ensurePolicy(name, serverPolicy([...own, ...special]));
  await vault.auth.ensureCertRole(name, {
    ca: serverCa,
    allowedCommonNames: [name],
    policies: [name],
    ttl: '10m',
  });
}
