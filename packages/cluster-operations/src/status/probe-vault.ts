import { messageOf } from '@neco/core';
import { Vault, type VaultConnection, type VaultHealth } from '@neco/vault-pki';
import type { BootServerStatus } from './status-schema.ts';

/** How the Vault at an address is; not reachable is an answer. */
export async function probeVault(connection: VaultConnection): Promise<BootServerStatus['vault']> {
  try {
    const health = await Vault.connect(connection).health();
    return { state: stateOf(health), version: health.version };
  } catch (error) {
    return { state: 'unreachable', message: messageOf(error) };
  }
}

function stateOf({ initialized, sealed, standby }: VaultHealth): BootServerStatus['vault']['state'] {
  if (!initialized) return 'uninitialized';
  if (sealed) return 'sealed';
  return standby ? 'standby' : 'active';
}
