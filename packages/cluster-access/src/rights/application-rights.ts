import { serverName } from '@neco/core';
import { signPolicy, type SigningRole, type SignRule } from '@neco/vault-pki';
import { authorities, leafLifeHours } from '../certificates/authorities.ts';

/** The PKI that signs applications' certificates. */
export const applicationMount = authorities.client.mount;

/** Where the keys of an application lie in etcd. */
export function applicationPrefix(name: string): string {
  return `/${name}/`;
}

/** What an application's signing role lets through: its own name, for a client of etcd. */
export function applicationRole(name: string): SigningRole {
  return {
    allowedDomains: [name],
    server: false,
    client: true,
    allowIpSans: false,
    ttl: `${String(leafLifeHours)}h`,
  };
}

/** The one certificate of an application, for a policy that lets it be signed. */
export function applicationRule(name: string): SignRule {
  return { mount: applicationMount, role: name, commonName: name };
}

/** The part of a policy that lets the application's certificate be signed, as it stands there. */
export function signingStanza(name: string): string {
  return signPolicy([applicationRule(name)]).trim();
}

export const operatorPolicyName = 'neco-operator';

/** The Vault policies that let an application's certificate be signed: the operators' and each boot server's. */
export function signingPolicyNames(lrns: readonly number[]): string[] {
  return [operatorPolicyName, ...lrns.map(serverName)];
}
