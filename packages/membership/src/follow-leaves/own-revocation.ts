import type { HostReader } from '@neco/host-installer';
import { fetchRevocations, revokedKinds } from '@neco/cluster-access';

const kinds = ['etcdPeer', 'vaultClient', 'necoClient'] as const;

/**
 * Whether all certificates with which this server takes part in the cluster are revoked: that is how one that was dead
 * when it was removed learns of it, for etcd closes the connection of a revoked certificate without a word. The lists come
 * from the Vaults of the others, whose certificates are checked against the CA that lies here.
 * @param addresses of the other boot servers
 * @throws NecoError VAULT_*
 */
export async function isRevoked(
  host: HostReader,
  addresses: readonly string[],
  serverCa: string,
): Promise<boolean> {
  const revoked = await revokedKinds(host, await fetchRevocations(addresses, serverCa));
  return kinds.every((kind) => revoked.includes(kind));
}
