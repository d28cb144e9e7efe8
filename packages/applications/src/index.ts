// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './application-access.ts';
export * from './application-name.ts';
export * from './application-options.ts';
export * from './init/init-application.ts';
export * from './init-local/init-local.ts';
export * from './list-applications.ts';
export * from './remove/remove-application.ts';
