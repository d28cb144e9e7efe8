import { NecoError, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { Signer, type Pair } from '../certificates/signer.ts';
import type { ApplicationLayout } from './application-layout.ts';
import { reachVault } from './reach-vault.ts';
import { VaultSession } from './vault-session.ts';
import { readPair } from '../certificates/read-pair.ts';

export interface RootOptions {
  host: HostReader;
  layout: ApplicationLayout;
  /** `boot-<LRN>`: this server. */
  name: string;
  /** Addresses of the boot servers, this one's first. */
  addresses: readonly string[];
  /** PEM. */
  serverCa: string;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * The certificate of etcd's user root, for ten minutes: the key is made here and stays in memory, and this server's own
 * certificate is its right to have it signed.
 * @throws NecoError FILE_FAILED, VAULT_*, TIMEOUT
 */
export async function certifyRoot(options: RootOptions): Promise<Pair> {
  const { host, layout, name, addresses, serverCa, reporter, signal } = options;
  const means = { ca: serverCa, ...(await readPair(host, layout.server)) };
  const session = await VaultSession.open({
    reach: () => reachVault(addresses, means),
    logIn: (vault) => vault.loginCertificate(name).catch(explained),
    reporter,
    signal,
  });
  try {
    return await session.run("the certificate of etcd's root user", (vault) =>
      new Signer(vault, new Map()).certifyRoot(),
    );
  } finally {
    await session.close();
  }
}

function explained(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: 'check with neco status whether the certificate of this server has expired or its Vault log-in (auth/cert) was removed',
    cause: error,
  });
}
