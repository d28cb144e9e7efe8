import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '@neco/bootserver-registry';
import { messageOf, NecoError, Secret, serverName, waitFor } from '@neco/core';
import { hostLayout, type HostLayout } from '@neco/cluster-access';
import { EtcdCluster } from '@neco/etcd-admin';
import {
  runProgram,
  serverBinaries,
  ServerProcess,
  TestCa,
  type IssuedCertificate,
} from '@neco/test-harness';

type Binaries = Awaited<ReturnType<typeof serverBinaries>>;

const lrns = [0, 1, 2];

/** One boot server as status sees it: an etcd member and a Vault at an address of its own, on the real ports. */
interface Server {
  lrn: number;
  name: string;
  address: string;
  etcd: ServerProcess;
  vault: ServerProcess | undefined;
  certificate: IssuedCertificate;
}

/**
 * Three boot servers on loopback addresses of their own: real etcds with TLS and auth, real Vaults on them, registered,
 * and a folder laid out as `boot-0` is. What a test changes it puts back with `mend`.
 */
export class StatusCluster {
  readonly directory: string;
  readonly layout: HostLayout;
  readonly serverCa: TestCa;
  servers: Server[] = [];
  readonly #binaries: Binaries;
  readonly #clientCa: TestCa;
  readonly #network: string;
  readonly #learners: ServerProcess[] = [];
  /** All three are needed. */
  #unsealKeys: string[] = [];

  private constructor(
    directory: string,
    binaries: Binaries,
    [serverCa, clientCa]: readonly [TestCa, TestCa],
  ) {
    this.directory = directory;
    this.#binaries = binaries;
    this.serverCa = serverCa;
    this.#clientCa = clientCa;
    // Addresses that no other test of this machine is likely to use.
    this.#network = `127.${String(77 + Math.floor(Math.random() * 100))}.${String(Math.floor(Math.random() * 250))}`;
    this.layout = {
      ...hostLayout,
      site: join(directory, 'site.yml'),
      workerConfiguration: join(directory, 'neco-worker.yml'),
      setupRecord: join(directory, 'setup.json'),
      leftRecord: join(directory, 'left.json'),
      workerUnit: { running: join(directory, 'running'), enabled: join(directory, 'enabled') },
      certificates: [join(directory, 'server.crt'), join(directory, 'server-ca.crt')],
    };
  }

  static async start(): Promise<StatusCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'neco-status-'));
    const authorities = await Promise.all([TestCa.create('server CA'), TestCa.create('client CA')]);
    const cluster = new StatusCluster(directory, await serverBinaries(), authorities);
    try {
      await cluster.#begin();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  addressOf(lrn: number): string {
    return `${this.#network}.${String(lrn + 1)}`;
  }

  server(lrn: number): Server {
    const server = this.servers[lrn];
    if (server === undefined) throw new NecoError('INTERNAL', `no server ${String(lrn)}`);
    return server;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Does something with the registry as `neco-0`. */
  async withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    return this.withEtcd('neco-0', (etcd) => work(new Registry(etcd, '/neco/')));
  }

  async withEtcd<T>(user: string, work: (etcd: EtcdCluster) => Promise<T>): Promise<T> {
    const { certificate, key } = await this.#clientCa.issue({ commonName: user, usages: ['client'] });
    const endpoints = lrns.map((lrn) => this.#endpoint(lrn));
    const tls = { ca: this.serverCa.certificate, certificate, key };
    const etcd = EtcdCluster.connect({ endpoints, timeout: 3000, tls });
    try {
      return await work(etcd);
    } finally {
      etcd.close();
    }
  }

  async etcdctl(...args: string[]): Promise<string> {
    const result = await runProgram(this.#binaries.etcdctl, [
      `--endpoints=${lrns.map((lrn) => this.#endpoint(lrn)).join(',')}`,
      `--cacert=${this.path('server-ca.crt')}`,
      `--cert=${this.path('root.crt')}`,
      `--key=${this.path('root.key')}`,
      ...args,
    ]);
    if (result.status !== 0)
      throw new NecoError('COMMAND_FAILED', `etcdctl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  /** Puts this server's registration back. */
  async register(lrn: number): Promise<void> {
    const { name, address, certificate } = this.server(lrn);
    const registeredAt = new Date().toISOString();
    const facts = { version: 1, state: 'active', neco: '0.1.0' } as const;
    await this.withRegistry((registry) =>
      registry.register({ ...facts, lrn, name, address, serials: [certificate.serial], registeredAt }),
    );
  }

  /** Kills the etcds of these servers at once. */
  async killEtcd(...killed: number[]): Promise<void> {
    await Promise.all(killed.map((lrn) => this.server(lrn).etcd.stop()));
  }

  /** Starts what was killed, unseals what is sealed, and waits until all is as it was. */
  async mend(): Promise<void> {
    for (const server of this.servers) {
      if (!server.etcd.isRunning) server.etcd = this.#startEtcd(server.lrn, 'existing');
    }
    await this.#healthy();
    for (const server of this.servers) {
      if (server.vault?.isRunning !== true) server.vault = this.#startVault(server.lrn);
    }
    await Promise.all(this.servers.map((server) => this.#unseal(server)));
    await this.#oneActive();
  }

  /** Restarts the Vault of a server, so that it is sealed. */
  async sealVault(lrn: number): Promise<void> {
    const server = this.server(lrn);
    await server.vault?.stop();
    server.vault = this.#startVault(lrn);
    await this.#sealStatus(server);
  }

  /** Gives the first of three keys to the Vault of a server, which keeps it sealed. */
  async giveFirstShare(lrn: number): Promise<void> {
    await this.#give(this.server(lrn), this.#unsealKeys.slice(0, 1));
  }

  /** Adds the etcd of one more server, which is a learner until it is promoted. @returns what takes it away again */
  async addLearner(lrn: number): Promise<() => Promise<void>> {
    const [name, peer] = [serverName(lrn), this.#peer(lrn)];
    await this.#issueServer(lrn);
    const added = await this.etcdctl('member', 'add', name, '--learner', `--peer-urls=${peer}`);
    const learner = this.#startEtcd(lrn, 'existing', [...lrns, lrn]);
    this.#learners.push(learner);
    // The others know it before it answers: it hears last that they do.
    await until(`etcd of ${name} to answer`, () =>
      this.etcdctl('endpoint', 'status', `--endpoints=${this.#endpoint(lrn)}`),
    );
    return async () => {
      await this.etcdctl('member', 'remove', /Member +([0-9a-f]+)/.exec(added)?.[1] ?? '');
      await learner.stop();
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#learners.map((learner) => learner.stop()));
    await Promise.all(
      this.servers.flatMap(({ etcd, vault }) =>
        vault === undefined ? [etcd.stop()] : [vault.stop(), etcd.stop()],
      ),
    );
    await rm(this.directory, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    await this.#writeFiles();
    const certificates = await Promise.all(lrns.map((lrn) => this.#issueServer(lrn)));
    this.servers = lrns.map((lrn) => ({
      lrn,
      name: serverName(lrn),
      address: this.addressOf(lrn),
      etcd: this.#startEtcd(lrn, 'new'),
      vault: undefined,
      certificate: certificates[lrn] ?? fail(),
    }));
    await this.#healthy();
    await this.#enableAuth();
    const first = this.server(0);
    first.vault = this.#startVault(0);
    await this.#initializeVault(first);
    const stored = new Secret(this.#unsealKeys.join());
    await this.withRegistry((registry) => registry.unsealKey.create(stored));
    await Promise.all(lrns.map((lrn) => this.register(lrn)));
    await this.mend();
  }

  #endpoint(lrn: number): string {
    return `https://${this.addressOf(lrn)}:2379`;
  }

  #peer(lrn: number): string {
    return `https://${this.addressOf(lrn)}:2380`;
  }

  async #writeFiles(): Promise<void> {
    const issued = ['root', 'neco-0', 'vault-0'].map(async (user) => {
      const { certificate, key } = await this.#clientCa.issue({ commonName: user, usages: ['client'] });
      await this.#writePair(user, certificate, key);
    });
    await Promise.all([
      ...issued,
      writeFile(this.path('server-ca.crt'), this.serverCa.certificate),
      writeFile(this.path('client-ca.crt'), this.#clientCa.certificate),
      writeFile(this.layout.site, `cluster: test\nlrn: 0\naddresses: { first: ${this.addressOf(0)} }\n`),
      writeFile(this.layout.workerConfiguration, this.workerConfiguration()),
    ]);
  }

  /** How `boot-0` reaches etcd; the worker's own settings stand there too. */
  workerConfiguration(): string {
    return [
      `endpoints: [${lrns.map((lrn) => this.#endpoint(lrn)).join(', ')}]`,
      'prefix: /neco/',
      'timeout: 2s',
      `tls-ca-file: ${this.path('server-ca.crt')}`,
      `tls-cert-file: ${this.path('neco-0.crt')}`,
      `tls-key-file: ${this.path('neco-0.key')}`,
      'something-of-the-worker: 1',
      '',
    ].join('\n');
  }

  async #issueServer(lrn: number): Promise<IssuedCertificate> {
    const name = serverName(lrn);
    const issued = await this.serverCa.issue({
      commonName: name,
      dnsNames: [name, 'localhost'],
      ipAddresses: [this.addressOf(lrn), '127.0.0.1'],
      notAfter: new Date(Date.now() + 90 * 24 * 3_600_000),
    });
    await this.#writePair(name, issued.certificate, issued.key);
    if (lrn === 0) await this.#writePair('server', issued.certificate, issued.key);
    return issued;
  }

  async #writePair(name: string, certificate: string, key: Secret): Promise<void> {
    await writeFile(this.path(`${name}.crt`), certificate);
    await writeFile(this.path(`${name}.key`), key.reveal(), { mode: 0o600 });
  }

  #startEtcd(lrn: number, state: 'new' | 'existing', members: readonly number[] = lrns): ServerProcess {
    const name = serverName(lrn);
    const own = { cert: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
    return new ServerProcess(this.#binaries.etcd, [
      `--name=${name}`,
      `--data-dir=${this.path(`${name}.etcd`)}`,
      `--listen-client-urls=${this.#endpoint(lrn)}`,
      `--advertise-client-urls=${this.#endpoint(lrn)}`,
      `--listen-peer-urls=${this.#peer(lrn)}`,
      `--initial-advertise-peer-urls=${this.#peer(lrn)}`,
      `--initial-cluster=${members.map((each) => `${serverName(each)}=${this.#peer(each)}`).join(',')}`,
      `--initial-cluster-state=${state}`,
      `--cert-file=${own.cert}`,
      `--key-file=${own.key}`,
      `--trusted-ca-file=${this.path('client-ca.crt')}`,
      '--client-cert-auth',
      `--peer-cert-file=${own.cert}`,
      `--peer-key-file=${own.key}`,
      `--peer-trusted-ca-file=${this.path('server-ca.crt')}`,
      // As in the product: otherwise no member is added in the first seconds after a start.
      '--strict-reconfig-check=false',
      '--heartbeat-interval=50',
      '--election-timeout=500',
    ]);
  }

  #startVault(lrn: number): ServerProcess {
    const [name, address] = [serverName(lrn), this.addressOf(lrn)];
    const configuration = {
      storage: {
        etcd: {
          address: lrns.map((each) => this.#endpoint(each)).join(','),
          etcd_api: 'v3',
          ha_enabled: 'true',
          path: '/vault/',
          tls_ca_file: this.path('server-ca.crt'),
          tls_cert_file: this.path('vault-0.crt'),
          tls_key_file: this.path('vault-0.key'),
        },
      },
      listener: {
        tcp: {
          address: `${address}:8200`,
          tls_cert_file: this.path(`${name}.crt`),
          tls_key_file: this.path(`${name}.key`),
        },
      },
      api_addr: `https://${address}:8200`,
      cluster_addr: `https://${address}:8201`,
      disable_mlock: true,
    };
    const file = this.path(`${name}.vault.json`);
    writeFileSync(file, JSON.stringify(configuration));
    return new ServerProcess(this.#binaries.vault, ['server', `-config=${file}`]);
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

  async #initializeVault(server: Server): Promise<void> {
    await this.#sealStatus(server);
    const args = ['operator', 'init', '-key-shares=3', '-key-threshold=3', '-format=json'];
    const { unseal_keys_b64: keys } = (await this.#vault(server, args)) as { unseal_keys_b64: string[] };
    this.#unsealKeys = keys;
  }

  async #unseal(server: Server): Promise<void> {
    const { sealed } = await this.#sealStatus(server);
    if (sealed) await this.#give(server, this.#unsealKeys);
  }

  async #give(server: Server, keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#vault(server, ['operator', 'unseal', '-format=json', key]);
  }

  async #sealStatus(server: Server): Promise<{ sealed: boolean }> {
    const read = ['read', '-format=json', 'sys/seal-status'];
    const { data } = (await until(`Vault of ${server.name} to answer`, () => this.#vault(server, read))) as {
      data: { sealed: boolean };
    };
    return data;
  }

  async #oneActive(): Promise<void> {
    await until('one Vault to be active and known to all', async () => {
      const read = ['read', '-format=json', 'sys/leader'];
      const leaders = (await Promise.all(this.servers.map((server) => this.#vault(server, read)))) as {
        data: { is_self: boolean; leader_address: string };
      }[];
      const active = leaders.filter(({ data }) => data.is_self).length;
      const known = leaders.filter(({ data }) => data.leader_address !== '').length;
      if (active !== 1 || known !== leaders.length) throw new Error(`${String(active)} active`);
    });
  }

  /** What the stock client prints. */
  async #vault({ address }: Server, args: readonly string[]): Promise<unknown> {
    const result = await runProgram(this.#binaries.vault, args, {
      HOME: this.directory,
      VAULT_ADDR: `https://${address}:8200`,
      VAULT_CACERT: this.path('server-ca.crt'),
      VAULT_TOKEN: '',
      VAULT_CLIENT_TIMEOUT: '5s',
      VAULT_MAX_RETRIES: '0',
    });
    if (result.status === 0) return JSON.parse(result.stdout);
    throw new Error(`vault ${args.slice(0, 2).join(' ')} at ${address}: ${result.stderr}`);
  }
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

function fail(): never {
  throw new NecoError('INTERNAL', 'no certificate');
}
