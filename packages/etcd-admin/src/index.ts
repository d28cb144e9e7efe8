export type { Etcd3, IKeyValue } from 'etcd3';
export * from './etcd-cluster.ts';
export * from './etcd-configuration.ts';
export * from './etcd-connection.ts';
export type { KeyPermission } from './grant-missing-permissions.ts';
export * from './held-lease.ts';
export * from './member.ts';
export * from './watch-prefix.ts';
export * from './with-lock.ts';
