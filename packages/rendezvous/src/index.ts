// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './key-proof.ts';
export * from './secret/read-setup-secret-file.ts';
export * from './rendezvous-client.ts';
export * from './rendezvous-identity.ts';
export * from './rendezvous-server.ts';
export * from './rendezvous-wire.ts';
export * from './retrying.ts';
export * from './secret/setup-key.ts';
export * from './secret/setup-secret.ts';
