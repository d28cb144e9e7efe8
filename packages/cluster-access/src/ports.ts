/** The ports of a boot server; the one of the rendezvous is the site's (`ports.rendezvous`). */
export const ports = {
  etcdClient: 2379,
  etcdPeer: 2380,
  etcdMetrics: 2381,
  vault: 8200,
  vaultCluster: 8201,
} as const;

export function etcdEndpoint(address: string): string {
  return `https://${address}:${String(ports.etcdClient)}`;
}

export function vaultAddress(address: string): string {
  return `https://${address}:${String(ports.vault)}`;
}

export function etcdPeerUrl(address: string): string {
  return `https://${address}:${String(ports.etcdPeer)}`;
}
