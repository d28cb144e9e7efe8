/** Where things lie on a boot server (DESIGN.md, "What lies on a boot server"). */
export const paths = {
  necoDirectory: '/etc/neco',
  updaterConfiguration: '/etc/neco/neco-updater.yml',
  workerConfiguration: '/etc/neco/neco-worker.yml',
  authorityDirectory: '/etc/neco/ca',
  authorities: {
    server: '/etc/neco/ca/server.crt',
    peer: '/etc/neco/ca/etcd-peer.crt',
    client: '/etc/neco/ca/etcd-client.crt',
  },
  revocations: {
    server: '/etc/neco/ca/server.crl',
    peer: '/etc/neco/ca/etcd-peer.crl',
    client: '/etc/neco/ca/etcd-client.crl',
  },
  etcdConfiguration: '/etc/etcd/etcd.yml',
  etcdData: '/var/lib/etcd',
  vaultConfiguration: '/etc/vault/vault.json',
  vaultAuditLog: '/var/log/vault/audit.log',
  state: '/var/lib/neco',
  setupRecord: '/var/lib/neco/setup.json',
  leftRecord: '/var/lib/neco/left.json',
  joinRecord: '/var/lib/neco/join.json',
  setupIdentity: '/var/lib/neco/setup/identity.key',
  coordinatorState: '/var/lib/neco/setup/leader.sealed',
  runtime: '/run/neco/setup',
  packageLists: '/run/neco/apt',
} as const;
