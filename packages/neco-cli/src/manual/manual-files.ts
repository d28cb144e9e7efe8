/** What neco reads and writes on a boot server, for the manual. */
export const manualFiles: readonly (readonly [path: string, what: string])[] = [
  [
    '/etc/neco/site.yml',
    'The cluster, the LRN of this server, how an LRN becomes an address, where packages come from.',
  ],
  ['/etc/neco/neco-worker.yml', 'How neco reaches etcd, and the settings of neco-worker.'],
  ['/etc/neco/neco-updater.yml', 'The same for neco-updater.'],
  ['/etc/neco/etcd.crt, /etc/neco/etcd.key', 'The certificate by which neco logs in to etcd.'],
  [
    '/etc/neco/server.crt, /etc/neco/server.key',
    'The certificate of this server, which also logs it in to Vault.',
  ],
  ['/etc/neco/ca', 'The three CAs and their revocation lists.'],
  ['/etc/etcd, /var/lib/etcd', 'Configuration, certificates and data of etcd.'],
  ['/etc/vault, /var/log/vault', 'Configuration and certificates of Vault, and its audit log.'],
  ['/etc/NAME/etcd.crt, /etc/NAME/etcd.key, /etc/NAME/ca.crt', 'What neco init-local NAME puts there.'],
  ['/var/lib/neco', 'What an operation must remember when it is killed.'],
  ['/usr/share/doc/neco/status.schema.json', 'The JSON Schema of what neco status --json prints.'],
];
