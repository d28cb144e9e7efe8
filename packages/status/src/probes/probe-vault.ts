import type { NecoError } from '@neco/core';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import type { BootServerStatus } from '../status-schema.ts';
import type { VaultLogIns } from '../vaults/vault-log-ins.ts';

export interface ProbedVault {
  vault: BootServerStatus['vault'];
  /** Whether it is unreachable because its certificate is not trusted. */
  distrusted: boolean;
  /** Why one that is unsealed did not log this server in. */
  logIn: NecoError | undefined;
}

/** The state of the Vault at an address, and whether it serves; unreachable is a result. */
export async function probeVault(connection: VaultConnection, logIns: VaultLogIns): Promise<ProbedVault> {
  const probe = await Vault.connect(connection).system.probe();
  if (probe.state === 'unreachable') {
    const { code, message } = probe.error;
    const distrusted = code === 'CERTIFICATE_INVALID';
    return { vault: { state: 'unreachable', message }, distrusted, logIn: undefined };
  }
  const isUnsealed = probe.state === 'active' || probe.state === 'standby';
  const logIn = isUnsealed ? await logIns.problemAt(connection) : undefined;
  return { vault: probe, distrusted: false, logIn };
}
