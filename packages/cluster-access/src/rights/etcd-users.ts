import type { EtcdCluster } from '@neco/etcd-admin';
import { certificateKinds } from '../certificates/certificate-kinds.ts';

/** The roles in etcd of which each boot server has a user of its own. */
export const serverRoles = ['neco', 'vault'] as const;

export type ServerRole = (typeof serverRoles)[number];

/** The etcd user of a boot server with this role: the common name of its client certificate. */
export function etcdUserOf(role: ServerRole, lrn: number): string {
  return certificateKinds[`${role}Client`].commonName(lrn);
}

/** The users of etcd that a boot server has to itself. */
export function etcdUsersOf(lrn: number): string[] {
  return serverRoles.map((role) => etcdUserOf(role, lrn));
}

/** Creates the etcd users of a boot server. The roles must exist. @throws NecoError ETCD_* */
export async function ensureServerUsers(etcd: EtcdCluster, lrn: number): Promise<void> {
  await Promise.all(serverRoles.map((role) => etcd.ensureUser(etcdUserOf(role, lrn), [role])));
}
