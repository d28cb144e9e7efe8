import { createKey, createSigningRequest, type Vault } from '@neco/vault-pki';
import { authorities } from '../certificates/authorities.ts';
import { probeCertificate, type CertificateVerdict } from '../certificates/probe-certificate.ts';
import type { Pair } from '../certificates/signer.ts';
import { ports } from '../ports.ts';
import type { SignedCertificate } from './signed-certificates.ts';

const role = 'leave-proof';

/** A certificate made to be revoked. */
export interface Proof extends SignedCertificate {
  pair: Pair;
}

/**
 * The keys of a server that has left are its own, so nobody can try whether its certificates are still taken. Two others
 * are signed, shown to each server, and revoked after those: once a server refuses them it has a list in force that holds
 * all that was revoked before.
 */
export interface RevocationCanary {
  client: Proof;
  peer: Proof;
}

export interface CanaryAuthorities {
  /** The CA of etcd's certificate towards clients, PEM. */
  server: string;
  /** The CA of the peers' certificates, PEM. */
  peer: string;
}

/**
 * Has both signed, by signing roles that are there for as long. Their name is no user of etcd, so that they open nothing while
 * they are valid.
 */
export async function signCanary(vault: Vault): Promise<RevocationCanary> {
  // Neither is left behind at work, for who tries again makes the same roles.
  const [client, peer] = await Promise.allSettled([
    signProof(vault, authorities.client.mount),
    signProof(vault, authorities.peer.mount),
  ]);
  if (client.status === 'rejected') throw client.reason;
  if (peer.status === 'rejected') throw peer.reason;
  return { client: client.value, peer: peer.value };
}

/** What a server says to them: `refused` only when both are. */
export async function showCanary(
  address: string,
  { client, peer }: RevocationCanary,
  ca: CanaryAuthorities,
): Promise<CertificateVerdict> {
  const verdicts = await Promise.all([
    probeCertificate({ address, port: ports.etcdClient, ca: ca.server }, client.pair),
    probeCertificate({ address, port: ports.etcdPeer, ca: ca.peer }, peer.pair),
  ]);
  if (verdicts.includes('accepted')) return 'accepted';
  return verdicts.every((verdict) => verdict === 'refused') ? 'refused' : 'unreachable';
}

/** Has one signed by a CA, by a signing role that is there for as long. */
export async function signProof(vault: Vault, mount: string): Promise<Proof> {
  const settings = { server: false, client: true, allowIpSans: false, allowedDomains: [role], ttl: '1h' };
  const key = await createKey();
  const [csr] = await Promise.all([
    createSigningRequest(key, { commonName: role, dnsNames: [], ipAddresses: [] }),
    vault.pki(mount).ensureSigningRole(role, settings),
  ]);
  const { certificate, serial } = await vault.pki(mount).sign(role, { csr, commonName: role, ttl: '1h' });
  await vault.pki(mount).deleteSigningRole(role);
  return { pair: { certificate, key }, mount, serial, commonName: role };
}
