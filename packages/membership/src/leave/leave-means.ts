import type { Registry } from '@neco/bootserver-registry';
import type { VaultSession } from '@neco/cluster-access';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { SignedCertificates } from './revocation/signed-certificates.ts';

/** What a leave works with: who leaves, and the connections with the rights that it needs. */
export interface LeaveMeans {
  lrn: number;
  name: string;
  address: string;
  /** Address of the server on which the command runs. */
  here: string;
  /** etcd as root, through the members that stay. */
  etcd: EtcdCluster;
  registry: Registry;
  /** Vault as an administrator. */
  vault: VaultSession;
  certificates: SignedCertificates;
}
