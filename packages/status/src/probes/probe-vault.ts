import { Vault, type VaultConnection } from '@neco/vault-pki';
import type { BootServerStatus } from '../status-schema.ts';

export interface ProbedVault {
  vault: BootServerStatus['vault'];
  /** Whether it is unreachable because its certificate is not trusted. */
  distrusted: boolean;
}

/** The state of the Vault at an address; unreachable is a result. */
export async function probeVault(connection: VaultConnection): Promise<ProbedVault> {
  const probe = await Vault.connect(connection).system.probe();
  if (probe.state !== 'unreachable') return { vault: probe, distrusted: false };
  const { code, message } = probe.error;
  return { vault: { state: 'unreachable', message }, distrusted: code === 'CERTIFICATE_INVALID' };
}
