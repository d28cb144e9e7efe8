export type { Application } from './application.ts';
export type { BootServer } from './boot-server.ts';
export type { OperationRecord } from './operation-record.ts';
export * from './registry.ts';
