/** The files of neco on a boot server, for the manual page. */
export const manualFiles: readonly (readonly [path: string, what: string])[] = [
  [
    '/etc/neco/site.yml',
    'The cluster name, the LRN of this server, the address plan, the ports and the package names.',
  ],
  [
    '/etc/neco/neco-worker.yml',
    'How the neco command and neco-worker connect to etcd, and the settings of neco-worker.',
  ],
  ['/etc/neco/neco-updater.yml', 'How neco-updater connects to etcd, and its settings.'],
  ['/etc/neco/etcd.crt, /etc/neco/etcd.key', 'The client certificate with which neco logs in to etcd.'],
  [
    '/etc/neco/server.crt, /etc/neco/server.key',
    'The server certificate, with which this server also logs in to Vault.',
  ],
  ['/etc/neco/ca', 'The three CAs and their revocation lists.'],
  ['/etc/etcd, /var/lib/etcd', 'Configuration, certificates and data of etcd.'],
  ['/etc/vault, /var/log/vault', 'Configuration, certificates and audit log of Vault.'],
  [
    '/etc/NAME/etcd.crt, /etc/NAME/etcd.key, /etc/NAME/ca.crt',
    'The certificate of the application NAME, installed by neco init-local.',
  ],
  ['/var/lib/neco', 'The state that an interrupted command needs to resume.'],
  ['/usr/share/doc/neco/status.schema.json', 'The JSON Schema of the neco status --json document.'],
];
