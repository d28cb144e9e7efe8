import { Registry } from '@neco/bootserver-registry';
import { addressOf, serverName, sitePath, type Reporter } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { openHost } from '@neco/host-installer';
import { readSite } from '@neco/cluster-access';
import type { DaemonConfiguration } from '../daemon-configuration.ts';
import type { WorkerContext } from './worker-duty.ts';

/** What the duties of neco-worker share. */
export function createWorkerContext(configuration: DaemonConfiguration, reporter: Reporter): WorkerContext {
  const host = openHost();
  return {
    host,
    configuration,
    reporter,
    async self() {
      const site = await readSite(sitePath, host);
      return { site, lrn: site.lrn, name: serverName(site.lrn), address: addressOf(site, site.lrn) };
    },
    async connect() {
      const etcd = EtcdCluster.connect(await readEtcdConnection(configuration.etcd));
      return {
        etcd,
        registry: new Registry(etcd, configuration.etcd.prefix),
        [Symbol.dispose]: () => {
          etcd.close();
        },
      };
    },
  };
}
