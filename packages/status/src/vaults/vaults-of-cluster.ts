import { messageOf, NecoError, serverName, type EtcdOptions } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { Vault } from '@neco/vault-pki';
import {
  ClusterAccess,
  type ClusterConnection,
  hostLayout,
  requireFile,
  vaultAddress,
} from '@neco/cluster-access';

/** Limit of one call to Vault, in ms. */
const callTimeout = 5000;

/** The Vault of one boot server. */
export interface KnownVault {
  lrn: number;
  name: string;
  vault: Vault;
}

/** This server, and the Vaults of all boot servers. */
export interface VaultsOfCluster {
  cluster: ClusterConnection;
  vaults: KnownVault[];
  /** Why only this server's is known. */
  trouble: string | undefined;
}

/**
 * Finds the Vaults by the registry; while etcd does not answer, this server's own is known all the same.
 * @throws NecoError CONFIG_*, FILE_FAILED
 */
export async function withVaults<T>(
  host: HostReader,
  flags: Partial<EtcdOptions>,
  work: (found: VaultsOfCluster) => Promise<T>,
): Promise<T> {
  using cluster = await ClusterAccess.open({ as: 'neco', etcd: flags });
  const ca = await requireFile(host, hostLayout.serverCa);
  let trouble: string | undefined;
  const own = { lrn: cluster.lrn, address: cluster.address };
  const servers = await cluster.registry.bootServers.list().catch((error: unknown) => {
    trouble = messageOf(error);
    return [];
  });
  const all = servers.some(({ lrn }) => lrn === own.lrn) ? servers : [own, ...servers];
  const vaults = all.map(({ lrn, address }) => ({
    lrn,
    name: serverName(lrn),
    vault: Vault.connect({ address: vaultAddress(address), ca, timeout: callTimeout }),
  }));
  return await work({ cluster, vaults, trouble });
}

/** The Vaults of these LRNs. @throws NecoError BOOT_SERVER_UNKNOWN */
export function vaultsOf(vaults: readonly KnownVault[], lrns: readonly number[]): KnownVault[] {
  return lrns.map((lrn) => {
    const found = vaults.find((one) => one.lrn === lrn);
    if (found !== undefined) return found;
    throw new NecoError('BOOT_SERVER_UNKNOWN', `${serverName(lrn)} is not registered`, {
      hint: `use one of ${vaults.map(({ name }) => name).join(', ')}`,
    });
  });
}
