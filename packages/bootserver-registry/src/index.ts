export type { HeldLock, LockOptions, WatchPrefixOptions } from '@neco/etcd-admin';
export type { Application } from './application.ts';
export type { BootServerChange } from './boot-server-changes.ts';
export type { BootServer } from './boot-server.ts';
export * from './open-registry.ts';
export type { OperationRecord } from './operation-record.ts';
export type { RegistryOverview } from './registry-overview.ts';
export * from './registry.ts';
