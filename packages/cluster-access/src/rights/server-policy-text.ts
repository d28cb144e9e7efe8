import { serverPolicy } from '@neco/vault-pki';
import { authorities } from '../certificates/authorities.ts';
import { namesOf } from '../certificates/certificate-kinds.ts';
import { distinctRoles } from './distinct-roles.ts';

/** What one boot server may do in Vault, as HCL. @param applications names of those whose certificates it may have signed. */
export function serverPolicyText(lrn: number, address: string, applications: readonly string[]): string {
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
  return serverPolicy([...own, ...special]);
}
