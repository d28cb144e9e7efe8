import { execFileSync } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { Registry } from '@neco/bootserver-registry';
import { NecoError, Secret, serverName, silentReporter, waitFor, type Reporter } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { LoopbackServers, type ProgramResult, type VaultProcess } from '@neco/test-harness';
import { createKey, createSigningRequest, Vault } from '@neco/vault-pki';
import {
  administratorPolicyName,
  type AskVaultUser,
  authorities,
  ensureEtcdAccess,
  ensureSigningRoles,
  ensureVaultAccess,
  newLife,
  forEachAuthority,
  hostLayout,
  type HostLayout,
  type Pair,
  Signer,
} from '@neco/cluster-access';
import type { ApplicationOptions } from '../src/application-options.ts';

export const administrator = { name: 'admin', password: new Secret('the password of an admin') };
export const operator = { name: 'op', password: new Secret('the password of an operator') };

/** boot-1 is registered and down. */
const lrns = [0, 1];

/**
 * A cluster as `boot-0` sees it: a real etcd with TLS and auth whose client CA is a real Vault's, access rights as setup
 * makes them, and boot-1 registered, which is down.
 */
export class ApplicationWorld {
  readonly layout: HostLayout;
  readonly #servers: LoopbackServers;
  #vaultProcess: VaultProcess | undefined;
  #rootVault: Vault | undefined;

  private constructor(servers: LoopbackServers) {
    this.#servers = servers;
    const { site, workerConfiguration, serverCa, clientCa, server } = servers.files;
    this.layout = {
      ...hostLayout,
      site,
      workerConfiguration,
      server: { certificatePath: server.certificate, keyPath: server.key },
      serverCa,
      clientCa,
      clientRevocations: this.path('client-ca.crl'),
      applications: this.path('etc'),
      certificateMemory: this.path('certificates.json'),
      locks: this.path('locks'),
    };
  }

  static async start(): Promise<ApplicationWorld> {
    const world = new ApplicationWorld(await LoopbackServers.create([0]));
    try {
      await mkdir(world.layout.applications);
      await world.#prepareVault();
      await world.#prepareEtcd();
      for (const lrn of lrns) await world.#register(lrn);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get directory(): string {
    return this.#servers.directory;
  }

  path(name: string): string {
    return this.#servers.path(name);
  }

  addressOf(lrn: number): string {
    return this.#servers.addressOf(lrn);
  }

  /** What every operation here is told. */
  options(reporter: Reporter = silentReporter): ApplicationOptions {
    return { etcd: {}, reporter, signal: new AbortController().signal, layout: this.layout };
  }

  /** Vault with its root token. */
  get vault(): Vault {
    if (this.#rootVault === undefined) throw new NecoError('INTERNAL', 'Vault is not started');
    return this.#rootVault;
  }

  async stopVault(): Promise<void> {
    await this.#vaultProcess?.kill();
  }

  /** Vault again, empty of what was not on disk: sealed. */
  async startVault(): Promise<void> {
    await this.#vaultProcess?.run();
  }

  async unseal(): Promise<void> {
    await this.#vaultProcess?.unseal();
  }

  /** The stock client as root, or as who owns the pair of these paths without their endings. */
  async etcdctl(args: readonly string[], pair?: string): Promise<ProgramResult> {
    return await this.#servers.etcdctl(args, pair);
  }

  async etcdctlOk(...args: string[]): Promise<string> {
    return await this.#servers.etcdctlOk(...args);
  }

  async withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    const etcd = this.#etcdAs(await this.#sign('neco-0', 'neco-0'));
    try {
      return await work(new Registry(etcd, '/neco/'));
    } finally {
      etcd.close();
    }
  }

  /**
   * What neco-updater does on a boot server whenever that is asked for: puts the revocation list in place and closes what is open to etcd. Here
   * the clients' ends of it, which are this etcd's alone.
   */
  async followRevocations(signal: AbortSignal): Promise<void> {
    await this.withRegistry(async (registry) => {
      for await (const request of registry.revocations.watch({ signal })) {
        if (request === undefined) continue;
        await this.#putRevocations();
        execFileSync('ss', ['--kill', '--tcp', 'dst', this.addressOf(0), 'dport', '=', ':2379']);
        const done = { version: 1, round: request.round, connections: 0 } as const;
        const note = async () => {
          await registry.rejections.at(0).put(done);
          return { done: true, value: undefined } as const;
        };
        await waitFor(note, { what: 'etcd to take a write after its connections were closed' });
      }
    });
  }

  async #putRevocations(): Promise<void> {
    const path = this.layout.clientRevocations;
    await writeFile(`${path}.new`, await this.vault.pki(authorities.client.mount).crl());
    await rename(`${path}.new`, path);
  }

  async stop(): Promise<void> {
    await this.#servers.stop();
  }

  async #prepareVault(): Promise<void> {
    const lives = new Map(lrns.map((lrn) => [lrn, newLife()]));
    await this.#servers.certify(0, { organizationalUnits: [lives.get(0) ?? ''] });
    const started = await this.#servers.startVault(0, { storage: 'file' });
    this.#vaultProcess = started;
    await started.initialize();
    await started.unseal();
    const vault = Vault.connect({ address: started.address, ca: started.ca }).withToken(started.rootToken);
    this.#rootVault = vault;
    await forEachAuthority((name) =>
      vault.pki(authorities[name].mount).ensureEnabled({ maxTtlHours: 87_600 }),
    );
    const mount = authorities.client.mount;
    const ca = await vault.pki(mount).generateExportedCa({ commonName: 'client CA', ttl: '87600h' });
    await writeFile(this.layout.clientCa, ca.certificate);
    await forEachAuthority((name) => ensureSigningRoles(vault, name, lrns, lives));
    const addresses = new Map(lrns.map((lrn) => [lrn, this.addressOf(lrn)]));
    await ensureVaultAccess(vault, addresses, started.ca, lives);
    await vault.auth.ensureUser(administrator.name, administrator.password, [administratorPolicyName]);
    await vault.auth.ensureUser(operator.name, operator.password, ['neco-operator']);
  }

  async #prepareEtcd(): Promise<void> {
    await this.#putRevocations();
    const started = this.#servers.etcd(0, undefined, [`--client-crl-file=${this.layout.clientRevocations}`]);
    started.start();
    const root = await new Signer(this.vault, new Map()).certifyRoot();
    await this.#servers.writePair('root', root);
    await this.#servers.writePair('neco-0', await this.#sign('neco-0', 'neco-0'));
    await started.ready();
    const etcd = this.#etcdAs(root);
    try {
      await ensureEtcdAccess(etcd, lrns, '/neco/');
      await etcd.enableAuth();
    } finally {
      etcd.close();
    }
  }

  async #register(lrn: number): Promise<void> {
    const facts = { version: 1, state: 'active', neco: '0.1.0' } as const;
    const [name, address] = [serverName(lrn), this.addressOf(lrn)];
    const registeredAt = new Date().toISOString();
    await this.withRegistry((registry) =>
      registry.register({ ...facts, lrn, name, address, serials: ['0a:0b'], registeredAt }),
    );
  }

  async #sign(role: string, commonName: string): Promise<Pair> {
    return await signPair(this.vault, role, commonName);
  }

  #etcdAs({ certificate, key }: Pair): EtcdCluster {
    const tls = { ca: this.#servers.serverCa.certificate, certificate, key };
    return EtcdCluster.connect({ endpoints: this.#servers.endpoints, timeout: 3000, tls });
  }
}

/** A client certificate with a key made here, as root of Vault signs it. */
export async function signPair(vault: Vault, role: string, commonName: string, ttl?: string): Promise<Pair> {
  const key = await createKey();
  const csr = await createSigningRequest(key, { commonName });
  const life = ttl === undefined ? {} : { ttl };
  const { certificate } = await vault.pki(authorities.client.mount).sign(role, { csr, commonName, ...life });
  return { certificate, key };
}

/** Somebody who gives these answers one after the other, and counts how often it was asked. */
export function answering(...users: Awaited<ReturnType<AskVaultUser>>[]): AskVaultUser & { asked: number } {
  const ask = Object.assign(
    (): ReturnType<AskVaultUser> => {
      const answer = users[Math.min(ask.asked, users.length - 1)];
      ask.asked += 1;
      return Promise.resolve(ask.asked > users.length && users.length > 1 ? undefined : answer);
    },
    { asked: 0 },
  );
  return ask;
}
