// Stars alone: a re-export by name is a statement of this file, and would tie all operations to each other in a bundle,
// so that each command loads all of them.
export * from './preflight.ts';
export * from './setup-options.ts';
export * from './setup.ts';
export * from './site/check-site.ts';
export * from './site/init-site.ts';
