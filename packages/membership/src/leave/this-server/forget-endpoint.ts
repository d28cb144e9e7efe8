import type { Registry } from '@neco/bootserver-registry';
import type { HostWriter } from '@neco/host-installer';
import { ownFirst, rewriteEndpoints } from '@neco/cluster-access';

/**
 * Takes a server that has left out of the files that name etcd's endpoints, also where no neco-worker runs that follows
 * them. Nothing is restarted.
 * @param own address of this server, which comes first.
 * @throws NecoError ETCD_*, FILE_FAILED, CONFIG_INVALID
 */
export async function forgetEndpoint(host: HostWriter, registry: Registry, own: string): Promise<void> {
  const servers = (await registry.bootServers.list()).filter(({ state }) => state === 'active');
  const addresses = servers.map(({ address }) => address);
  // One that is not registered itself is left as it is, to be looked at.
  if (!addresses.includes(own)) return;
  await rewriteEndpoints(host, ownFirst(addresses, own));
}
