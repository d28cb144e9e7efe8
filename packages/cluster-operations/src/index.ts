export * from './setup/setup-options.ts';
export * from './site/check-site.ts';
export * from './site/init-site.ts';
export * from './site/read-site.ts';
