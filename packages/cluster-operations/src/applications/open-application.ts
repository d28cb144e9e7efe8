import { NecoError, type EtcdOptions, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { withOperationLock } from '../access/operation-lock.ts';
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

export interface AdministrationOptions extends Pick<ApplicationOptions, 'reporter' | 'signal'> {
  host: HostReader;
  layout: ApplicationLayout;
  vaultUser: AskVaultUser;
  /** The command, when it changes something: no other may do so meanwhile. */
  changes: string | undefined;
  /** How long to wait for another command that changes something, in ms; without it as long as that takes. */
  turnLimit?: number;
}

/**
 * Opens all that it takes to change an application, runs `work` with it, and closes it again: Vault as the administrator
 * that is asked for, the lock, and, when its turn has come, etcd as root, who has ten minutes.
 * @throws NecoError CONFIG_*, FILE_FAILED, ETCD_*, VAULT_*, LOGIN_REFUSED, CANCELLED; and what `work` throws
 */
export async function withAdministration<T>(
  cluster: ClusterLink,
  options: AdministrationOptions,
  work: (means: AccessMeans, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { host, layout, vaultUser, changes, turnLimit, reporter, signal } = options;
  const [serverCa, addresses] = await Promise.all([readFileOf(host, layout.serverCa), addressesOf(cluster)]);
  const { registry, name: server } = cluster;
  const session = await VaultSession.open({
    reach: () => reachVault(addresses, { ca: serverCa }),
    logIn: askedLogIn(vaultUser).logIn,
    reporter,
    signal,
  });
  const asRoot = async (held: AbortSignal): Promise<T> => {
    const etcd = await connectAsRoot({ ...options, cluster, addresses, serverCa, signal: held });
    try {
      return await work({ etcd, registry, session }, held).catch(forAdministrators);
    } finally {
      etcd.close();
    }
  };
  try {
    if (changes === undefined) return await asRoot(signal);
    const limit = turnLimit === undefined ? {} : { timeout: turnLimit };
    return await withOperationLock(registry, { what: changes, server, reporter, signal, ...limit }, asRoot);
  } finally {
    await session.close();
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
