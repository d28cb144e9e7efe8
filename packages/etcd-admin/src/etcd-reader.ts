import type { EtcdCluster } from './etcd-cluster.ts';

/** One etcd cluster for code that only looks: none of these functions changes anything. */
export type EtcdReader = Pick<
  EtcdCluster,
  | 'alarms'
  | 'authEnabled'
  | 'checkQuorum'
  | 'connection'
  | 'endpoints'
  | 'leaderEndpoint'
  | 'members'
  | 'status'
  | 'statuses'
  | 'userRoles'
  | 'users'
>;
