// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './collect-status.ts';
export * from './local/local-components.ts';
export * from './status-json-schema.ts';
export * from './status-schema.ts';
export * from './vaults/unseal-vaults.ts';
export * from './vaults/vault-status.ts';
export * from './watch-status.ts';
export * from './support-bundle/support-bundle.ts';
