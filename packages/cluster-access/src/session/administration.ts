import type { LockedTurn, Registry } from '@neco/bootserver-registry';
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

/** All three under the change lock: none of them changes anything once it is lost. `etcd` is to be closed. */
export function underLock({ etcd, vault }: Administration, turn: LockedTurn): Administration {
  const { lock, registry, signal } = turn;
  return { etcd: etcd.under(lock), registry, vault: vault.under(lock, signal) };
}
