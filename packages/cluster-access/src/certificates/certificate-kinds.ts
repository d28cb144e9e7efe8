import { serverName } from '@neco/core';
import type { AuthorityName } from './authorities.ts';

/** A certificate that each boot server has: who signs it, what names it carries, where it lies. */
export interface CertificateKind {
  authority: AuthorityName;
  /** The signing role, which allows only this server's names. */
  role(lrn: number): string;
  commonName(lrn: number): string;
  /** Whether it carries the server's address, 127.0.0.1 and localhost besides its name. */
  addressed: boolean;
  usages: { server: boolean; client: boolean };
  /** It carries the name of this life of the server, which Vault's log-in demands. */
  carriesLife?: true;
  certificatePath: string;
  keyPath: string;
  owner: string;
}

const boot = (lrn: number): string => serverName(lrn);

/**
 * The certificates of a boot server. Those that etcd and Vault listen with are for servers only, so that
 * neither service's key can be used to log in to Vault as the host.
 */
export const certificateKinds = {
  server: {
    authority: 'server',
    role: boot,
    commonName: boot,
    addressed: true,
    usages: { server: true, client: true },
    carriesLife: true,
    certificatePath: '/etc/neco/server.crt',
    keyPath: '/etc/neco/server.key',
    owner: 'root',
  },
  etcdListener: {
    authority: 'server',
    role: (lrn) => `listener-${String(lrn)}`,
    commonName: boot,
    addressed: true,
    usages: { server: true, client: false },
    certificatePath: '/etc/etcd/server.crt',
    keyPath: '/etc/etcd/server.key',
    owner: 'etcd',
  },
  etcdPeer: {
    authority: 'peer',
    role: boot,
    commonName: boot,
    addressed: true,
    usages: { server: true, client: true },
    certificatePath: '/etc/etcd/peer.crt',
    keyPath: '/etc/etcd/peer.key',
    owner: 'etcd',
  },
  vaultListener: {
    authority: 'server',
    role: (lrn) => `listener-${String(lrn)}`,
    commonName: boot,
    addressed: true,
    usages: { server: true, client: false },
    certificatePath: '/etc/vault/server.crt',
    keyPath: '/etc/vault/server.key',
    owner: 'vault',
  },
  vaultClient: {
    authority: 'client',
    role: (lrn) => `vault-${String(lrn)}`,
    commonName: (lrn) => `vault-${String(lrn)}`,
    addressed: false,
    usages: { server: false, client: true },
    certificatePath: '/etc/vault/etcd.crt',
    keyPath: '/etc/vault/etcd.key',
    owner: 'vault',
  },
  necoClient: {
    authority: 'client',
    role: (lrn) => `neco-${String(lrn)}`,
    commonName: (lrn) => `neco-${String(lrn)}`,
    addressed: false,
    usages: { server: false, client: true },
    certificatePath: '/etc/neco/etcd.crt',
    keyPath: '/etc/neco/etcd.key',
    owner: 'root',
  },
} as const satisfies Record<string, CertificateKind>;

export type CertificateKindName = keyof typeof certificateKinds;

export const certificateKindNames = Object.keys(certificateKinds) as CertificateKindName[];

/** The names that a certificate of this kind carries besides its common name. */
export function namesOf(
  kind: CertificateKind,
  lrn: number,
  address: string,
): { dnsNames: string[]; ipAddresses: string[] } {
  if (!kind.addressed) return { dnsNames: [], ipAddresses: [] };
  return { dnsNames: [kind.commonName(lrn), 'localhost'], ipAddresses: [address, '127.0.0.1'] };
}
