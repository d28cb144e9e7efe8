export * from './setup/setup-options.ts';
export * from './site/check-site.ts';
export * from './site/init-site.ts';
export * from './site/read-site.ts';
export * from './rendezvous/read-setup-secret-file.ts';
export * from './rendezvous/setup-secret.ts';
export * from './daemon/run-daemon.ts';
export * from './daemon/stop-signal.ts';
export * from './unseal/keep-unsealed.ts';
export * from './setup/preflight.ts';
export * from './setup/setup.ts';
export * from './status/collect-status.ts';
export * from './status/status-layout.ts';
export * from './status/status-schema.ts';
export * from './applications/init-application.ts';
export * from './applications/init-local.ts';
export * from './applications/list-applications.ts';
export {
  removeApplication,
  type RemoveApplicationOptions,
  type RemovedApplication,
} from './applications/remove-application.ts';
export { checkApplicationName } from './applications/application-name.ts';
export type { ApplicationLayout } from './applications/application-layout.ts';
export type { AskVaultUser, VaultUser } from './applications/vault-user.ts';
export * from './join/join.ts';
export * from './join/join-options.ts';
export * from './join/ca-hash.ts';
export * from './worker/run-worker.ts';
export { leave } from './leave/leave.ts';
export * from './leave/leave-options.ts';
export { arithmeticLines, type QuorumArithmetic, type QuorumState } from './leave/quorum-arithmetic.ts';
export { followLeavesAlone } from './worker/duties/leave-follow.ts';
export * from './members/list-members.ts';
export * from './vaults/vault-status.ts';
export * from './vaults/unseal-vaults.ts';
