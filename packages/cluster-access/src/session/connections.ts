import { NecoError, type Secret } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import { Vault } from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { etcdEndpoint, vaultAddress } from '../ports.ts';
import type { Pair } from '../certificates/signer.ts';

/** Limit of one call to etcd, in ms: long enough for an election to end. */
const callTimeout = 5000;

/** A client of etcd as this server's neco, vault or any other identity whose pair is given. */
export async function connectEtcd(
  host: HostReader,
  addresses: readonly string[],
  pair: Pair,
): Promise<EtcdCluster> {
  const ca = await readAuthority(host, paths.authorities.server);
  return EtcdCluster.connect({
    endpoints: addresses.map(etcdEndpoint),
    timeout: callTimeout,
    tls: { ca, certificate: pair.certificate, key: pair.key },
  });
}

/** The Vault at this address, trusted through the server CA. @throws NecoError FILE_FAILED */
export async function connectVault(host: HostReader, address: string, token?: Secret): Promise<Vault> {
  const ca = await readAuthority(host, paths.authorities.server);
  return Vault.connect({ address: vaultAddress(address), ca }, token);
}

async function readAuthority(host: HostReader, path: string): Promise<string> {
  const text = await host.readText(path);
  if (text !== undefined) return text;
  throw new NecoError('FILE_FAILED', `${path} does not exist`, {
    hint: 'run neco setup again, or on a new server neco join',
  });
}
