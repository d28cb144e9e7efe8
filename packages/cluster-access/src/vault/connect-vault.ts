import type { Secret } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { Vault } from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { vaultAddress } from '../ports.ts';
import { requireFile } from '../require-file.ts';
import type { Pair } from '../certificates/signer.ts';

/**
 * The Vault at this address, trusted through the server CA, without a log-in.
 * @param identity the certificate that a Vault demands that is not open to everyone yet
 * @throws NecoError FILE_FAILED
 */
export async function connectVault(
  host: HostReader,
  address: string,
  token?: Secret,
  identity?: Pair,
): Promise<Vault> {
  const ca = await requireFile(host, paths.authorities.server);
  return Vault.connect({ address: vaultAddress(address), ca, ...identity }, token);
}
