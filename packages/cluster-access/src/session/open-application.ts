import { NecoError, type EtcdOptions, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import type { ApplicationLayout } from './application-layout.ts';
import { openCluster, type ClusterLink } from './cluster-link.ts';

/** What every operation on applications is told. */
export interface ApplicationOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  reporter: Reporter;
  signal: AbortSignal;
  /** Where to look on this server; its own layout by default. */
  layout?: ApplicationLayout;
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
  const others = (await registry.bootServers.list()).map((server) => server.address);
  return [...new Set([address, ...others])];
}

/** @throws NecoError FILE_FAILED when it is not there */
export async function readFileOf(host: HostReader, path: string): Promise<string> {
  const text = await host.readText(path);
  if (text !== undefined) return text;
  throw new NecoError('FILE_FAILED', `${path} does not exist`, {
    hint: 'run neco setup again, or on a new server neco join',
  });
}
