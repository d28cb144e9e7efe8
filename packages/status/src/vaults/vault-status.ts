import { messageOf, type EtcdOptions } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import type { Vault } from '@neco/vault-pki';
import { withVaults } from './vaults-of-cluster.ts';

/** How the Vault of one boot server is. */
export interface ListedVault {
  lrn: number;
  name: string;
  /** `https://ADDRESS:8200`. */
  address: string;
  state: 'active' | 'standby' | 'sealed' | 'uninitialized' | 'unreachable';
  version?: string;
  /** How many keys unseal it, of how many, and how many have been given. */
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
        ...(await stateOf(vault)),
      })),
    ),
    ...(trouble === undefined ? {} : { message: trouble }),
  }));
}

async function stateOf(vault: Vault): Promise<Omit<ListedVault, 'lrn' | 'name' | 'address'>> {
  try {
    const [health, seal] = await Promise.all([vault.health(), vault.sealStatus()]);
    const { threshold, shares, progress, version } = seal;
    if (!health.initialized) return { state: 'uninitialized', version };
    const facts = { version, threshold, shares, progress };
    if (seal.sealed) return { state: 'sealed', ...facts };
    return { state: health.standby ? 'standby' : 'active', ...facts };
  } catch (error) {
    return { state: 'unreachable', message: messageOf(error) };
  }
}
