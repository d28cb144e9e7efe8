import { NecoError, type EtcdOptions, type Reporter } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { AccessMeans } from './application-access.ts';
import type { ApplicationLayout } from './application-layout.ts';
import { openCluster, type ClusterLink } from './cluster-link.ts';
import { connectAsRoot } from './connect-as-root.ts';
import { reachVault } from './reach-vault.ts';
import { VaultSession } from './vault-session.ts';
import { askedLogIn, type AskVaultUser } from './vault-user.ts';

/** What every operation on applications is told. */
export interface ApplicationOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  reporter: Reporter;
  signal: AbortSignal;
  /** Where to look on this server; its own layout by default. */
  layout?: ApplicationLayout;
}

/** What an operation that changes an application works with. */
export interface OpenedApplication extends AccessMeans {
  cluster: ClusterLink;
}

/**
 * Opens all that it takes to change an application, runs `work` with it, and closes it again: etcd as root, and Vault as
 * the administrator that is asked for.
 * @throws NecoError CONFIG_*, FILE_FAILED, ETCD_*, VAULT_*, LOGIN_REFUSED, CANCELLED; and what `work` throws
 */
export async function withAdministration<T>(
  cluster: ClusterLink,
  options: Pick<ApplicationOptions, 'reporter' | 'signal'> & {
    host: HostReader;
    layout: ApplicationLayout;
    vaultUser: AskVaultUser;
  },
  work: (means: AccessMeans) => Promise<T>,
): Promise<T> {
  const { host, layout, reporter, signal } = options;
  const [serverCa, addresses] = await Promise.all([readFileOf(host, layout.serverCa), addressesOf(cluster)]);
  const means = { ca: serverCa };
  // Before anybody is asked for a password it is proved that this server can do its own part.
  const etcd: EtcdCluster = await connectAsRoot({ ...options, cluster, addresses, serverCa });
  try {
    const session = await VaultSession.open({
      reach: () => reachVault(addresses, means),
      logIn: askedLogIn(options.vaultUser).logIn,
      reporter,
      signal,
    });
    try {
      return await work({ etcd, registry: cluster.registry, session }).catch(forAdministrators);
    } finally {
      await session.close();
    }
  } finally {
    etcd.close();
  }
}

/** Opens this server's tie to the cluster for the time of `work`. */
export async function withCluster<T>(
  { layout, etcd }: { layout: ApplicationLayout; etcd: Partial<EtcdOptions> },
  work: (cluster: ClusterLink) => Promise<T>,
): Promise<T> {
  const cluster = await openCluster(layout, etcd);
  try {
    return await work(cluster);
  } finally {
    cluster.close();
  }
}

/** The addresses of the boot servers, this one's first. */
export async function addressesOf({ address, registry }: ClusterLink): Promise<string[]> {
  const others = (await registry.bootServers()).map((server) => server.address);
  return [...new Set([address, ...others])];
}

/** @throws NecoError FILE_FAILED when it is not there */
export async function readFileOf(host: HostReader, path: string): Promise<string> {
  const text = await host.readText(path);
  if (text !== undefined) return text;
  throw new NecoError('FILE_FAILED', `there is no ${path}`, {
    hint: 'run neco setup again, or neco join on a new server',
  });
}

function forAdministrators(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: 'log in as an administrator: a user of Vault with the policy neco-administrator',
    cause: error,
  });
}
