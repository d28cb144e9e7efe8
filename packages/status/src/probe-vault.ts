import { toNecoError } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import type { BootServerStatus } from './status-schema.ts';

export interface VaultProbe {
  vault: BootServerStatus['vault'];
  /** Whether it is unreachable because its certificate is not to be trusted. */
  distrusted: boolean;
}

/** How the Vault at an address is; not reachable is an answer. A sealed one is asked how far unsealing is. */
export async function probeVault(connection: VaultConnection): Promise<VaultProbe> {
  try {
    return { vault: await stateOf(Vault.connect(connection)), distrusted: false };
  } catch (error) {
    const { code, message } = toNecoError(error);
    return { vault: { state: 'unreachable', message }, distrusted: code === 'CERTIFICATE_INVALID' };
  }
}

async function stateOf(vault: Vault): Promise<BootServerStatus['vault']> {
  const { initialized, sealed, standby, version } = await vault.health();
  if (!initialized) return { state: 'uninitialized', version };
  if (!sealed) return { state: standby ? 'standby' : 'active', version };
  const { progress, threshold, shares } = await vault.sealStatus();
  return { state: 'sealed', version, progress, threshold, shares };
}
