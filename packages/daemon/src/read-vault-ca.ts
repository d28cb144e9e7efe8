import { readConfigurationText } from '@neco/core';
import type { DaemonConfiguration } from './daemon-configuration.ts';

/**
 * The CA by which Vault's certificate is known, PEM, as it lies there now.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE
 */
export async function readVaultCa({ vault }: DaemonConfiguration): Promise<string> {
  return readConfigurationText(
    vault.caFile,
    'run "neco setup" or "neco join", which write it, or set vault-ca-file to its path',
  );
}
