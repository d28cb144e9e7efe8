import { NecoError, type EtcdOptions } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { authorityFingerprints, ClusterAccess, paths, readEtcdOptions } from '@neco/cluster-access';

/** What a new server needs to trust the cluster. */
export interface CaHash {
  /** `sha256:…` of the public key of the server CA; several, with commas between them, while that is rotated. */
  hash: string;
  /** The boot servers that serve now. */
  lrns: number[];
}

/**
 * The fingerprint of this cluster's server CA, or of all that this server trusts, and which boot servers a new one can name.
 * @throws NecoError CONFIG_MISSING when this server is in no cluster; CONFIG_*, ETCD_*
 */
export async function caHash(flags: Partial<EtcdOptions>): Promise<CaHash> {
  const ca = await readOnlyHost().readText(paths.authorities.server);
  const options = await readEtcdOptions(paths.workerConfiguration, flags);
  if (ca === undefined || options === undefined) {
    throw new NecoError(
      'CONFIG_MISSING',
      `${ca === undefined ? paths.authorities.server : paths.workerConfiguration} does not exist`,
      {
        hint: 'run it on a boot server of the cluster',
      },
    );
  }
  using connection = await ClusterAccess.open({ as: 'neco', etcd: flags });
  const servers = await connection.registry.bootServers.list();
  const serving = servers.filter(({ state }) => state === 'active').map(({ lrn }) => lrn);
  return { hash: [...new Set(authorityFingerprints(ca))].join(','), lrns: serving };
}
