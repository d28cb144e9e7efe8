import { certificateKinds, connectVault, type EtcdPool } from '@neco/cluster-access';
import { Registry } from '@neco/bootserver-registry';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import { certificateFacts, type Vault } from '@neco/vault-pki';

export interface SetupSightOptions {
  host: HostReader;
  lrn: number;
  address: string;
  addresses: ReadonlyMap<number, string>;
  prefix: string;
  etcd: EtcdPool;
}

/** How setup sees etcd and this server's Vault. It remembers what cannot change while this server is not registered. */
export class SetupSight {
  readonly #options: SetupSightOptions;
  #localVault: Vault | undefined;
  /** Whether etcd has said that this server is not registered, which only this run can change. */
  #unregistered = false;

  constructor(options: SetupSightOptions) {
    this.#options = options;
  }

  /** Whether it is known that not all are registered, because this server is not. */
  get isUnregistered(): boolean {
    return this.#unregistered;
  }

  /** This run has registered this server. */
  registered(): void {
    this.#unregistered = false;
  }

  /** etcd as this server's neco, its own member first. Kept while setup runs, not to be closed. @throws NecoError FILE_FAILED */
  etcd(): Promise<EtcdCluster> {
    const { host, address, addresses, etcd } = this.#options;
    const others = [...addresses.values()].filter((other) => other !== address);
    return etcd.asNeco(host, [address, ...others]);
  }

  /** Does `work` with the registry, as this server's neco. @throws NecoError FILE_FAILED, and what `work` throws */
  async withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    return work(new Registry(await this.etcd(), this.#options.prefix));
  }

  /** The LRNs in etcd's registry; none when this server has no certificate yet, or one that has expired. @throws NecoError ETCD_* */
  async registeredLrns(): Promise<number[]> {
    const pair = await this.#options.host.readPair(certificateKinds.necoClient);
    if (pair === undefined || certificateFacts(pair.certificate).notAfter.getTime() < Date.now()) return [];
    const lrns = await this.withRegistry(async (registry) =>
      (await registry.bootServers.list()).map((server) => server.lrn),
    );
    this.#unregistered = !lrns.includes(this.#options.lrn);
    return lrns;
  }

  /** This server's own Vault, also one that is closed to others, without a token; one for the whole run, so that its connections are shared. @throws NecoError FILE_FAILED */
  async localVault(): Promise<Vault> {
    if (this.#localVault === undefined) {
      const { host } = this.#options;
      const identity = await host.readPair(certificateKinds.server);
      this.#localVault = await connectVault(host, '127.0.0.1', undefined, identity);
    }
    return this.#localVault;
  }
}
