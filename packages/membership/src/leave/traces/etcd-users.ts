import { etcdUsersOf } from '@neco/cluster-access';
import type { EtcdReader } from '@neco/etcd-admin';

/** The users of etcd that a boot server has to itself, as far as they exist. @throws NecoError ETCD_* */
export async function remainingEtcdUsers(etcd: Pick<EtcdReader, 'users'>, lrn: number): Promise<string[]> {
  const own = etcdUsersOf(lrn);
  return (await etcd.users()).filter((user) => own.includes(user));
}
