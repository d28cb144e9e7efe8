import type { Registry } from '@neco/bootserver-registry';
import type { Reporter, SiteConfiguration } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostWriter } from '@neco/host-installer';
import type { DaemonConfiguration } from '../daemon-configuration.ts';

/** This server, by its site.yml. */
export interface WorkerSelf {
  site: SiteConfiguration;
  lrn: number;
  /** `boot-<LRN>`. */
  name: string;
  address: string;
}

/** etcd as `neco-<LRN>`, and the registry in it. */
export interface WorkerConnection extends Disposable {
  etcd: EtcdCluster;
  registry: Registry;
}

/** What a duty of neco-worker works with. */
export interface WorkerContext {
  readonly host: HostWriter;
  /** As the file says; its list of endpoints is kept up to date in place. */
  readonly configuration: DaemonConfiguration;
  readonly reporter: Reporter;
  /** @throws NecoError CONFIG_* */
  self(): Promise<WorkerSelf>;
  /** Opens a connection with the certificates of now; close it. @throws NecoError CONFIG_*, CERTIFICATE_INVALID */
  connect(): Promise<WorkerConnection>;
}

/** Something that neco-worker sees to. */
export interface WorkerDuty {
  /** As in the journal: `finish-join`. */
  readonly name: string;
  /** Works until the signal fires, or until nothing is left to do. When it throws, it is begun again after a pause. */
  run(context: WorkerContext, signal: AbortSignal): Promise<void>;
}
