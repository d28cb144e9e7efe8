import type { Registry } from '@neco/bootserver-registry';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { VaultSession } from '../vault/vault-session.ts';

/** What changes the cluster: all three connections with the rights that a change needs. */
export interface Administration {
  /** etcd as root. */
  etcd: EtcdCluster;
  registry: Registry;
  /** Vault as an administrator. */
  vault: VaultSession;
}
