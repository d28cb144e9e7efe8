import { memberAddress, type Member } from '@neco/etcd-admin';

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

/** Where clients reach a member; one that was added and never started has no client URL yet. */
export function memberEndpoint(member: Member): string {
  return member.clientUrls[0] ?? etcdEndpoint(memberAddress(member));
}

export function vaultAddress(address: string): string {
  return `https://${address}:${String(ports.vault)}`;
}

export function etcdPeerUrl(address: string): string {
  return `https://${address}:${String(ports.etcdPeer)}`;
}
