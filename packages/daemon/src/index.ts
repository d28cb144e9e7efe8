// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './daemon-configuration-text.ts';
export * from './daemon-program.ts';
export * from './duties/create-worker-context.ts';
export * from './duties/run-duties.ts';
export * from './duties/worker-duty.ts';
export * from './read-vault-ca.ts';
export * from './run-daemon.ts';
export * from './unseal/changing-messages.ts';
export * from './unseal/keep-unsealed.ts';
