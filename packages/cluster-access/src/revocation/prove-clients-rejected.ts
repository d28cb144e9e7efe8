import { authorities } from '../certificates/authorities.ts';
import { probeCertificate } from '../certificates/probe-certificate.ts';
import { ports } from '../ports.ts';
import type { VaultSession } from '../vault/vault-session.ts';
import { HeldConnections } from './held-connections.ts';
import { proveRejected, type Rejection } from './prove-rejected.ts';
import { signProof } from './revocation-canary.ts';

export interface ClientRejection extends Omit<Rejection, 'limitOf'> {
  vault: VaultSession;
  /** The CA of etcd's certificate, PEM. */
  serverCa: string;
}

const limitOf = (count: number): number => 20_000 + 5000 * count;

/** As `proveRejected`, of certificates of etcd's clients alone. @throws NecoError VERIFICATION_FAILED, VAULT_*, ETCD_*, CANCELLED */
export async function proveClientsRejected({ vault, serverCa, ...wanted }: ClientRejection): Promise<void> {
  const proof = await vault.run('Vault to answer', (one) => signProof(one, authorities.client.mount));
  await proveRejected(
    { ...wanted, limitOf },
    {
      show: (address) => probeCertificate({ address, port: ports.etcdClient, ca: serverCa }, proof.pair),
      hold: (servers) => HeldConnections.open(servers, serverCa, proof.pair),
      revoke: () => revokeClients(vault, [proof]),
    },
  );
}

/** Revokes certificates of etcd's clients; no other CA has anything to do with it. @throws NecoError VAULT_* */
export async function revokeClients(
  vault: VaultSession,
  certificates: readonly { serial: string }[],
): Promise<void> {
  await vault.run('Vault to answer', (one) => one.pki(authorities.client.mount).revokeAll(certificates));
}
