import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry } from '@neco/bootserver-registry';
import { bootServerUnits, hostLayout, type HostLayout } from '@neco/cluster-access';
import { messageOf, NecoError, Secret, serverName, waitFor } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { readOnlyHost, type HostReader } from '@neco/host-installer';
import {
  LoopbackServers,
  TestCa,
  type EtcdMemberProcess,
  type PairFiles,
  type VaultProcess,
} from '@neco/test-harness';

const lrns = [0, 1, 2];

/** One boot server as status sees it: an etcd member and a Vault. */
interface Server {
  lrn: number;
  name: string;
  address: string;
  etcd: EtcdMemberProcess;
  vault: VaultProcess | undefined;
}

/**
 * Three boot servers: real etcds with TLS and auth, real Vaults on them, registered, and a folder laid out as `boot-0` is.
 * What a test changes it puts back with `repair`.
 */
export class StatusCluster {
  readonly layout: HostLayout;
  /** This machine, whose own units and clock are none of the cluster's. */
  readonly host: HostReader;
  servers: Server[] = [];
  readonly #loopback: LoopbackServers;
  readonly #clientCa: TestCa;
  /** Of Vault, in etcd. */
  readonly #vaultPair: PairFiles;

  private constructor(loopback: LoopbackServers, clientCa: TestCa, vaultPair: PairFiles) {
    this.#loopback = loopback;
    this.#clientCa = clientCa;
    this.#vaultPair = vaultPair;
    const { site, workerConfiguration, serverCa, server } = loopback.files;
    this.host = {
      ...readOnlyHost(),
      list: () => Promise.resolve(undefined),
      clockKeeper: () => Promise.resolve({ synchronized: true }),
    };
    this.layout = {
      ...hostLayout,
      site,
      workerConfiguration,
      setupRecord: this.path('setup.json'),
      leftRecord: this.path('left.json'),
      workerUnit: { running: this.path('running'), enabled: this.path('enabled') },
      enabledUnits: this.path('enabled-units'),
      certificates: [server.certificate, serverCa],
      serverCa,
      server: { certificatePath: server.certificate, keyPath: server.key },
    };
  }

  static async start(): Promise<StatusCluster> {
    const [loopback, clientCa] = await Promise.all([
      LoopbackServers.create(lrns),
      TestCa.create('client CA'),
    ]);
    await writeFile(loopback.files.clientCa, clientCa.certificate);
    const [, , vaultPair] = await Promise.all(
      (['root', 'neco-0', 'vault-0'] as const).map(async (user) =>
        loopback.writePair(user, await clientCa.issue({ commonName: user, usages: ['client'] })),
      ),
    );
    const cluster = new StatusCluster(loopback, clientCa, vaultPair ?? fail('vault-0'));
    try {
      await cluster.#begin();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get serverCa(): TestCa {
    return this.#loopback.serverCa;
  }

  addressOf(lrn: number): string {
    return this.#loopback.addressOf(lrn);
  }

  server(lrn: number): Server {
    return this.servers[lrn] ?? fail(`server ${String(lrn)}`);
  }

  path(name: string): string {
    return this.#loopback.path(name);
  }

  /** Writes how `boot-0` reaches etcd, as it was or changed. */
  async configureWorker(change?: (text: string) => string): Promise<void> {
    await this.#loopback.configureWorker(change);
  }

  /** Does something with the registry as `neco-0`. */
  async withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    return this.withEtcd('neco-0', (etcd) => work(new Registry(etcd, '/neco/')));
  }

  async withEtcd<T>(user: string, work: (etcd: EtcdCluster) => Promise<T>): Promise<T> {
    const { certificate, key } = await this.#clientCa.issue({ commonName: user, usages: ['client'] });
    const tls = { ca: this.serverCa.certificate, certificate, key };
    const etcd = EtcdCluster.connect({ endpoints: this.#loopback.endpoints, timeout: 3000, tls });
    try {
      return await work(etcd);
    } finally {
      etcd.close();
    }
  }

  async etcdctl(...args: string[]): Promise<string> {
    return this.#loopback.etcdctlOk(...args);
  }

  /** Puts this server's registration back. */
  async register(lrn: number): Promise<void> {
    const { name, address } = this.server(lrn);
    const { serial } = this.#loopback.certificateOf(lrn);
    const registeredAt = new Date().toISOString();
    const facts = { version: 1, state: 'active', neco: '0.1.0' } as const;
    await this.withRegistry((registry) =>
      registry.register({ ...facts, lrn, name, address, serials: [serial], registeredAt }),
    );
  }

  /** Whether a unit starts with `boot-0`. */
  async setEnabled(unit: string, enabled: boolean): Promise<void> {
    const link = join(this.layout.enabledUnits, unit);
    await (enabled ? symlink(`/lib/systemd/system/${unit}`, link) : rm(link));
  }

  /** Kills the etcds of these servers at once. */
  async killEtcd(...killed: number[]): Promise<void> {
    await Promise.all(killed.map((lrn) => this.server(lrn).etcd.kill()));
  }

  /** Starts what was killed, unseals what is sealed, and waits until all is as it was. */
  async repair(): Promise<void> {
    for (const { etcd } of this.servers) etcd.start();
    await this.#healthy();
    await Promise.all(this.servers.map((server) => this.#unsealed(server)));
    await this.#oneActive();
  }

  /** Restarts the Vault of a server, so that it is sealed. */
  async sealVault(lrn: number): Promise<void> {
    const { vault } = this.server(lrn);
    await vault?.kill();
    await vault?.run();
  }

  /** Gives the first of three keys to the Vault of a server, which keeps it sealed. */
  async giveFirstShare(lrn: number): Promise<void> {
    await this.server(lrn).vault?.give(1);
  }

  /** Adds the etcd of one more server, which is a learner until it is promoted. @returns what takes it away again */
  async addLearner(lrn: number): Promise<() => Promise<void>> {
    const [name, peer] = [serverName(lrn), this.#loopback.peerUrlOf(lrn)];
    await this.#loopback.certify(lrn);
    const added = await this.etcdctl('member', 'add', name, '--learner', `--peer-urls=${peer}`);
    const learner = this.#loopback.etcd(lrn, [...lrns, lrn]);
    learner.start();
    // The others know it before it answers: it hears last that they do.
    await until(`etcd of ${name} to answer`, () =>
      this.etcdctl('endpoint', 'status', `--endpoints=${learner.endpoint}`),
    );
    return async () => {
      await this.etcdctl('member', 'remove', /Member +([0-9a-f]+)/.exec(added)?.[1] ?? '');
      await learner.kill();
    };
  }

  async stop(): Promise<void> {
    await this.#loopback.stop();
  }

  async #begin(): Promise<void> {
    this.servers = lrns.map((lrn) => ({
      lrn,
      name: serverName(lrn),
      address: this.addressOf(lrn),
      etcd: this.#loopback.etcd(lrn),
      vault: undefined,
    }));
    await mkdir(this.layout.enabledUnits);
    for (const unit of bootServerUnits) await this.setEnabled(unit, true);
    for (const { etcd } of this.servers) etcd.start();
    await this.#healthy();
    await this.#enableAuth();
    const first = await this.#startVault(this.server(0));
    await first.initialize(3);
    await this.withRegistry((registry) => registry.unsealKey.create(first.unsealKeys));
    await Promise.all(lrns.map((lrn) => this.register(lrn)));
    await this.repair();
    await this.#letServerLogIn(first);
  }

  /** As a boot server logs in: with its certificate, to the role of its name. */
  async #letServerLogIn(vault: VaultProcess): Promise<void> {
    const role = ['certificate=@' + this.layout.serverCa, 'allowed_common_names=boot-0', 'token_ttl=10m'];
    for (const args of [
      ['auth', 'enable', 'cert'],
      ['write', 'auth/cert/certs/boot-0', ...role],
    ]) {
      const { status, stderr } = await vault.client(args, vault.rootToken);
      if (status !== 0) throw new NecoError('COMMAND_FAILED', `vault ${args.join(' ')}: ${stderr}`);
    }
  }

  /** What the stock client does to the Vault of `boot-0` as root. */
  async vault(...args: string[]): Promise<string> {
    const { vault } = this.server(0);
    if (vault === undefined) fail('Vault of boot-0');
    const { status, stdout, stderr } = await vault.client(args, vault.rootToken);
    if (status !== 0) throw new NecoError('COMMAND_FAILED', `vault ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async #startVault(server: Server): Promise<VaultProcess> {
    const storage = this.#loopback.vaultStorage(this.#vaultPair);
    server.vault = await this.#loopback.startVault(server.lrn, { storage });
    return server.vault;
  }

  async #healthy(): Promise<void> {
    await until('etcd to be healthy', async () => this.etcdctl('endpoint', 'health'));
  }

  async #enableAuth(): Promise<void> {
    const rights = { root: undefined, 'neco-0': '/neco/', 'vault-0': '/vault/' };
    for (const [user, prefix] of Object.entries(rights)) {
      await this.etcdctl('role', 'add', user);
      if (prefix !== undefined)
        await this.etcdctl('role', 'grant-permission', user, 'readwrite', prefix, '--prefix');
      await this.etcdctl('user', 'add', user, '--no-password');
      await this.etcdctl('user', 'grant-role', user, user);
    }
    await this.etcdctl('auth', 'enable');
  }

  async #unsealed(server: Server): Promise<void> {
    const vault = server.vault ?? (await this.#startVault(server));
    if (!vault.isRunning) await vault.run();
    const { vault: first } = this.server(0);
    if (first !== undefined && first !== vault) vault.takeKeys(first);
    const { sealed } = (await read(vault, 'sys/seal-status')) as { sealed: boolean };
    if (sealed) await vault.give();
  }

  async #oneActive(): Promise<void> {
    await until('one Vault to be active and known to all', async () => {
      const leaders = (await Promise.all(
        this.servers.map(({ vault, name }) => read(vault ?? fail(`Vault of ${name}`), 'sys/leader')),
      )) as { is_self: boolean; leader_address: string }[];
      const active = leaders.filter(({ is_self: isSelf }) => isSelf).length;
      const known = leaders.filter(({ leader_address: leader }) => leader !== '').length;
      if (active !== 1 || known !== leaders.length) throw new Error(`${String(active)} active`);
    });
  }
}

/** What the stock client reads without a token. */
async function read(vault: VaultProcess, path: string): Promise<unknown> {
  const limits = { VAULT_CLIENT_TIMEOUT: '5s', VAULT_MAX_RETRIES: '0' };
  const { status, stdout, stderr } = await vault.client(
    ['read', '-format=json', path],
    new Secret(''),
    limits,
  );
  if (status === 0) return (JSON.parse(stdout) as { data: unknown }).data;
  throw new Error(`vault read ${path} at ${vault.address}: ${stderr}`);
}

/** Tries until it works. */
async function until<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  return waitFor(async () => ({ done: true, value: await attempt().catch(retryable) }), {
    what,
    timeout: 30_000,
  });
}

function retryable(error: unknown): never {
  throw new Error(messageOf(error));
}

function fail(what: string): never {
  throw new NecoError('INTERNAL', `there is no ${what}`);
}
