import { etcdUserOf, serverRoles } from '@neco/cluster-access';
import type { EtcdReader } from '@neco/etcd-admin';

/** The users of etcd that a boot server has to itself. */
export function etcdUsersOf(lrn: number): string[] {
  return serverRoles.map((role) => etcdUserOf(role, lrn));
}

/** Those of them that exist. @throws NecoError ETCD_* */
export async function remainingEtcdUsers(etcd: Pick<EtcdReader, 'users'>, lrn: number): Promise<string[]> {
  const own = etcdUsersOf(lrn);
  return (await etcd.users()).filter((user) => own.includes(user));
}
