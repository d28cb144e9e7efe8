import { authorities, authorityNames, paths, vaultAddress } from '@neco/cluster-access';
import type { SigningVault } from './signing-vault.ts';

/**
 * How the file of a CA is restored. A CA is no secret and the same on all boot servers. Vault gives those of etcd to anybody, over a
 * connection that the server CA checks; that one itself nobody but a person can vouch for.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-certificate
 * @param path of the file
 * @param name of the boot server
 * @param then a command for those that read the file only when they start
 */
export function authorityHint(
  path: string,
  name: string,
  signer: SigningVault | undefined,
  then?: string,
): string {
  const authority = authorityNames.find((one) => paths.authorities[one] === path);
  const copied = `copy ${path} of another boot server to ${name}; it is not secret`;
  const copy = then === undefined ? copied : `${copied}; then on ${name}: ${then}`;
  if (authority === undefined || authority === 'server' || signer?.how !== 'verified') return copy;
  const environment = `VAULT_ADDR=${vaultAddress(signer.address)} VAULT_CACERT=${paths.authorities.server}`;
  const read = `vault read -field=certificate ${authorities[authority].mount}/cert/ca`;
  const commands = [
    'cd "$(mktemp -d)"',
    `${environment} ${read} >ca`,
    // Vault ends it without a line break, which whoever appends another needs.
    'echo >>ca',
    `install -m 0644 ca ${path}`,
    ...(then === undefined ? [] : [then]),
  ];
  return `on ${name}: ${commands.join(' && ')}; or, while that CA is being rotated, ${copy}`;
}
