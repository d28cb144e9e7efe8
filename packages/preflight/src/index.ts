// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './compare-servers.ts';
export * from './host-checks.ts';
export * from './preflight-failed.ts';
export * from './troubles/find-host-troubles.ts';
export * from './troubles/host-trouble.ts';
