import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import { certificateKinds } from '../certificates/certificate-kinds.ts';
import { readPair } from '../certificates/read-pair.ts';
import { ClusterAccess } from './cluster-access.ts';

/** Clients of etcd as `neco-<LRN>`, kept for as long as an operation runs: a handshake costs more than most requests. */
export class EtcdPool {
  readonly #clusters = new Map<string, Promise<EtcdCluster>>();

  /** The client with the certificate that is on disk now. Do not close it. @throws NecoError FILE_FAILED */
  async asNeco(host: HostReader, addresses: readonly string[]): Promise<EtcdCluster> {
    const pair = await readPair(host, certificateKinds.necoClient);
    const key = `${addresses.join(' ')} ${pair.certificate}`;
    const cluster = this.#clusters.get(key) ?? ClusterAccess.open({ as: pair, host, addresses });
    this.#clusters.set(key, cluster);
    // What could not be made now (a CA that is not there yet) may be made later.
    cluster.catch(() => this.#clusters.delete(key));
    return cluster;
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    for (const cluster of this.#clusters.values()) (await cluster).close();
    this.#clusters.clear();
  }
}
