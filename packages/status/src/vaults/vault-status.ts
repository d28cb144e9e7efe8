import type { EtcdOptions } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import type { VaultProbe } from '@neco/vault-pki';
import { withVaults } from './vaults-of-cluster.ts';

/** How the Vault of one boot server is. */
export interface ListedVault {
  lrn: number;
  name: string;
  /** `https://ADDRESS:8200`. */
  address: string;
  state: VaultProbe['state'];
  version?: string;
  /** Of a sealed one: how many keys unseal it, of how many, and how many have been given. */
  threshold?: number;
  shares?: number;
  progress?: number;
  /** Why it is not reachable. */
  message?: string;
}

export interface VaultList {
  vaults: ListedVault[];
  /** Why only this server's own is listed. */
  message?: string;
}

/** The Vaults of all boot servers and how each is; what does not answer is part of the result. @throws NecoError CONFIG_* */
export async function vaultStatus(options: { etcd: Partial<EtcdOptions> }): Promise<VaultList> {
  return withVaults(readOnlyHost(), options.etcd, async ({ vaults, trouble }) => ({
    vaults: await Promise.all(
      vaults.map(async ({ lrn, name, vault }) => ({
        lrn,
        name,
        address: vault.address,
        ...listed(await vault.system.probe()),
      })),
    ),
    ...(trouble === undefined ? {} : { message: trouble }),
  }));
}

function listed(probe: VaultProbe): Omit<ListedVault, 'lrn' | 'name' | 'address'> {
  return probe.state === 'unreachable' ? { state: probe.state, message: probe.error.message } : probe;
}
