import { Registry } from '@neco/bootserver-registry';
import { addressOf, NecoError, serverName, type EtcdOptions } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { readSite } from '../site/read-site.ts';
import { readEtcdOptions } from '../configuration/read-etcd-options.ts';
import type { ApplicationLayout } from './application-layout.ts';

/** This boot server's tie to its cluster: etcd and the registry in it, as `neco-<LRN>`. */
export interface ClusterLink {
  lrn: number;
  /** `boot-<LRN>`. */
  name: string;
  address: string;
  etcd: EtcdCluster;
  registry: Registry;
  close(): void;
}

/**
 * Opens the tie by what site.yml and neco-worker.yml say; flags win over the file.
 * @throws NecoError CONFIG_*, CERTIFICATE_INVALID
 */
export async function openCluster(
  layout: ApplicationLayout,
  flags: Partial<EtcdOptions>,
): Promise<ClusterLink> {
  const site = await readSite(layout.site);
  const options = await readEtcdOptions(layout.workerConfiguration, flags);
  if (options === undefined) {
    throw new NecoError('CONFIG_MISSING', `there is no ${layout.workerConfiguration}`, {
      hint: 'run neco setup or neco join, which add this server to a cluster',
    });
  }
  const etcd = EtcdCluster.connect(await readEtcdConnection(options));
  return {
    lrn: site.lrn,
    name: serverName(site.lrn),
    address: addressOf(site, site.lrn),
    etcd,
    registry: new Registry(etcd, options.prefix),
    close: () => {
      etcd.close();
    },
  };
}
