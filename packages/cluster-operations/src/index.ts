export * from './setup/setup-options.ts';
export * from './site/check-site.ts';
export * from './site/init-site.ts';
export * from './site/read-site.ts';
export * from './rendezvous/read-setup-secret-file.ts';
export * from './rendezvous/setup-secret.ts';
