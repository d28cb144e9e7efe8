import type { EtcdCluster } from '@neco/etcd-admin';
import { ensureServerUsers } from './etcd-users.ts';

/** etcd's users and roles: root, backup, and for each boot server its neco and its vault. */
export async function ensureEtcdAccess(
  etcd: EtcdCluster,
  lrns: readonly number[],
  prefix: string,
): Promise<void> {
  await Promise.all([
    etcd.ensureRole('root', []),
    etcd.ensureRole('neco', [{ prefix, access: 'readwrite' }]),
    etcd.ensureRole('vault', [{ prefix: '/vault/', access: 'readwrite' }]),
  ]);
  await Promise.all([
    etcd.ensureUser('root', ['root']),
    etcd.ensureUser('backup', ['root']),
    ...lrns.map((lrn) => ensureServerUsers(etcd, lrn)),
  ]);
}
