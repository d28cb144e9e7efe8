import { Registry } from '@neco/bootserver-registry';
import { addressOf, NecoError, serverName, type EtcdOptions } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { readOwnConnection } from '../etcd/read-own-connection.ts';
import { readSite } from '../site/read-site.ts';
import { readEtcdOptions } from '../configuration/read-etcd-options.ts';
import { hostLayout, type HostLayout } from '../host-layout.ts';

/** This boot server's connection to its cluster: etcd and the registry in it, as `neco-<LRN>`. */
export interface ClusterConnection extends Disposable {
  lrn: number;
  /** `boot-<LRN>`. */
  name: string;
  address: string;
  etcd: EtcdCluster;
  registry: Registry;
}

export interface ConnectionOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  /** Where the files are on this server; the layout of a boot server by default. */
  layout?: HostLayout;
}

/**
 * Opens the connection by what site.yml and neco-worker.yml say; flags win over the file.
 * @throws NecoError CONFIG_*, CERTIFICATE_INVALID
 */
export async function connectAsNeco({
  etcd: flags,
  layout = hostLayout,
}: ConnectionOptions): Promise<ClusterConnection> {
  const site = await readSite(layout.site);
  const options = await readEtcdOptions(layout.workerConfiguration, flags);
  if (options === undefined) {
    throw new NecoError('CONFIG_MISSING', `there is no ${layout.workerConfiguration}`, {
      hint: 'run neco setup or neco join, which add this server to a cluster',
    });
  }
  const etcd = EtcdCluster.connect(await readOwnConnection(options));
  return {
    lrn: site.lrn,
    name: serverName(site.lrn),
    address: addressOf(site, site.lrn),
    etcd,
    registry: new Registry(etcd, options.prefix),
    [Symbol.dispose]: () => {
      etcd.close();
    },
  };
}

/** Addresses of the registered boot servers by LRN, this one first whether or not it is registered. @throws NecoError ETCD_* */
export async function serversOf({
  lrn,
  address,
  registry,
}: Pick<ClusterConnection, 'lrn' | 'address' | 'registry'>): Promise<Map<number, string>> {
  const registered = await registry.bootServers.list();
  const others = registered.filter((server) => server.lrn !== lrn);
  return new Map([[lrn, address], ...others.map((server) => [server.lrn, server.address] as const)]);
}
