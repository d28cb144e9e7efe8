import { Registry } from '@neco/bootserver-registry';
import {
  applicationSerials,
  type CertificateKindName,
  certificateKinds,
  ClusterAccess,
  etcdUserOf,
  fetchRevocations,
  findVault,
  paths,
  readPair,
  requireFile,
  type ServerRole,
} from '@neco/cluster-access';
import { NecoError, serverName } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { JoinFacts } from './join-facts.ts';

export interface OwnFactsOptions {
  host: HostReader;
  lrn: number;
  /** Addresses of the boot servers that were named, by LRN; this one's is not among them. */
  addresses: ReadonlyMap<number, string>;
  prefix: string;
}

/**
 * What this server sees with the certificates that lie here, before anybody logs in. A fact is read once: it is what the command
 * begins with. Every method throws NecoError when there is no certificate yet, or it is refused.
 */
export class OwnFacts implements JoinFacts, Disposable {
  readonly #options: OwnFactsOptions;
  readonly #read = new Map<string, Promise<unknown>>();
  readonly #opened: EtcdCluster[] = [];

  constructor(options: OwnFactsOptions) {
    this.#options = options;
  }

  members(): ReturnType<JoinFacts['members']> {
    return this.#once('members', async () => (await this.#etcd('necoClient')).members());
  }

  registration(): ReturnType<JoinFacts['registration']> {
    const { lrn } = this.#options;
    return this.#once('registration', async () => (await this.#registry()).bootServers.at(lrn).get());
  }

  applicationSerials(): ReturnType<JoinFacts['applicationSerials']> {
    const { lrn } = this.#options;
    return this.#once('application serials', async () => applicationSerials(await this.#registry(), lrn));
  }

  hasInitialCertificates(): Promise<boolean> {
    const { lrn } = this.#options;
    return this.#once('initial certificates', async () => {
      const registry = await this.#registry();
      return (await registry.initialCertificates.at(lrn).get()) !== undefined;
    });
  }

  /** Each user may ask for its own roles. */
  rolesOf(role: ServerRole): ReturnType<JoinFacts['rolesOf']> {
    const user = etcdUserOf(role, this.#options.lrn);
    return this.#once(`roles of ${user}`, async () => (await this.#etcd(`${role}Client`)).userRoles(user));
  }

  revocations(): ReturnType<JoinFacts['revocations']> {
    const { host, addresses } = this.#options;
    return this.#once('revocations', async () => {
      const ca = await requireFile(host, paths.authorities.server);
      return fetchRevocations([...addresses.values()], ca).catch(() => undefined);
    });
  }

  /** Logs in with this server's own certificate. A Vault that does not answer does not count as a refusal. */
  hasVaultAccess(): Promise<boolean> {
    const { host, lrn, addresses: servers } = this.#options;
    return this.#once('access to Vault', async () => {
      const [ca, pair] = await Promise.all([
        requireFile(host, paths.authorities.server),
        readPair(host, certificateKinds.server),
      ]);
      try {
        const vault = await findVault({ servers, own: lrn, ca, ...pair });
        await (await vault.loginCertificate(serverName(lrn))).revokeSelf();
        return true;
      } catch (error) {
        return error instanceof NecoError && error.code !== 'VAULT_PERMISSION_DENIED';
      }
    });
  }

  [Symbol.dispose](): void {
    for (const etcd of this.#opened) etcd.close();
  }

  async #registry(): Promise<Registry> {
    return new Registry(await this.#etcd('necoClient'), this.#options.prefix);
  }

  #etcd(kind: CertificateKindName): Promise<EtcdCluster> {
    const { host, addresses } = this.#options;
    return this.#once(`etcd as ${kind}`, async () => {
      const pair = await readPair(host, certificateKinds[kind]);
      const etcd = await ClusterAccess.open({ as: pair, host, addresses: [...addresses.values()] });
      this.#opened.push(etcd);
      return etcd;
    });
  }

  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(what) as Promise<T> | undefined;
    const fact = known ?? read();
    this.#read.set(what, fact);
    return fact;
  }
}
