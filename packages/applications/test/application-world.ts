import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '@neco/bootserver-registry';
import { NecoError, Secret, serverName, silentReporter, waitFor, type Reporter } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { runProgram, serverBinaries, ServerProcess, TestCa, type ProgramResult } from '@neco/test-harness';
import { createKey, createSigningRequest, Vault } from '@neco/vault-pki';
import {
  administratorPolicyName,
  type AskVaultUser,
  authorities,
  ensureEtcdAccess,
  ensureSigningRoles,
  ensureVaultAccess,
  forEachAuthority,
  hostLayout,
  type HostLayout,
  type Pair,
  Signer,
} from '@neco/cluster-access';
import type { ApplicationOptions } from '../src/application-options.ts';

export const administrator = { name: 'admin', password: new Secret('the password of an admin') };
export const operator = { name: 'op', password: new Secret('the password of an operator') };

const lrns = [0, 1];

/**
 * A cluster as `boot-0` sees it, on a loopback address of its own: a real etcd with TLS and auth whose client CA is a real
 * Vault's, access rights as setup makes them, and boot-1 registered, which is down.
 */
export class ApplicationWorld {
  readonly directory: string;
  readonly layout: HostLayout;
  readonly #binaries: Awaited<ReturnType<typeof serverBinaries>>;
  readonly #serverCa: TestCa;
  readonly #network: string;
  #processes: ServerProcess[] = [];
  #vaultProcess: ServerProcess | undefined;
  #unsealKey = new Secret('');
  #rootVault: Vault | undefined;

  private constructor(
    directory: string,
    binaries: Awaited<ReturnType<typeof serverBinaries>>,
    serverCa: TestCa,
  ) {
    this.directory = directory;
    this.#binaries = binaries;
    this.#serverCa = serverCa;
    this.#network = `127.${String(20 + Math.floor(Math.random() * 50))}.${String(Math.floor(Math.random() * 250))}`;
    this.layout = {
      ...hostLayout,
      site: this.path('site.yml'),
      workerConfiguration: this.path('neco-worker.yml'),
      server: { certificatePath: this.path('server.crt'), keyPath: this.path('server.key') },
      serverCa: this.path('server-ca.crt'),
      clientCa: this.path('client-ca.crt'),
      clientRevocations: this.path('client-ca.crl'),
      applications: this.path('etc'),
    };
  }

  static async start(): Promise<ApplicationWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'neco-applications-'));
    const world = new ApplicationWorld(directory, await serverBinaries(), await TestCa.create('server CA'));
    try {
      await world.#begin();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  addressOf(lrn: number): string {
    return `${this.#network}.${String(lrn + 1)}`;
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
    await this.#vaultProcess?.stop();
  }

  /** Vault again, empty of what was not on disk: sealed. */
  async startVault(): Promise<void> {
    this.#vaultProcess = this.#start(this.#binaries.vault, ['server', `-config=${this.path('vault.json')}`]);
    await waitFor(async () => ({ done: true, value: await this.#bareVault().system.health() }), {
      what: 'Vault to answer',
      timeout: 20_000,
    });
  }

  async unseal(): Promise<void> {
    await this.#bareVault().system.unseal(this.#unsealKey);
    await waitFor(async () => ({ done: true, value: await this.vault.lookupSelf() }), {
      what: 'Vault to be active',
      timeout: 20_000,
    });
  }

  /** The stock client as root, or as who owns the pair of these paths without their endings. */
  async etcdctl(args: readonly string[], pair = this.path('root')): Promise<ProgramResult> {
    return await runProgram(this.#binaries.etcdctl, [
      `--endpoints=${this.#endpoint}`,
      `--cacert=${this.layout.serverCa}`,
      `--cert=${pair}.crt`,
      `--key=${pair}.key`,
      ...args,
    ]);
  }

  async etcdctlOk(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.etcdctl(args);
    if (status !== 0) throw new NecoError('COMMAND_FAILED', `etcdctl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    const etcd = await this.#etcdAs(await this.#sign('neco-0', 'neco-0'));
    try {
      return await work(new Registry(etcd, '/neco/'));
    } finally {
      etcd.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    await rm(this.directory, { recursive: true, force: true });
  }

  get #endpoint(): string {
    return `https://${this.addressOf(0)}:2379`;
  }

  async #begin(): Promise<void> {
    await this.#writeServerFiles();
    await this.startVault();
    await this.#prepareVault();
    await this.#prepareEtcd();
    for (const lrn of lrns) await this.#register(lrn);
  }

  async #writeServerFiles(): Promise<void> {
    const [name, address] = [serverName(0), this.addressOf(0)];
    const names = { dnsNames: [name, 'localhost'], ipAddresses: [address, '127.0.0.1'] };
    await this.#writePair('server', await this.#serverCa.issue({ commonName: name, ...names }));
    const tls = { tls_cert_file: this.path('server.crt'), tls_key_file: this.path('server.key') };
    const configuration = {
      storage: { file: { path: this.path('vault') } },
      listener: { tcp: { address: `${address}:8200`, ...tls } },
      api_addr: `https://${address}:8200`,
      disable_mlock: true,
      disable_clustering: true,
    };
    await Promise.all([
      mkdir(this.layout.applications),
      writeFile(this.layout.serverCa, this.#serverCa.certificate),
      writeFile(this.path('vault.json'), JSON.stringify(configuration)),
      writeFile(this.layout.site, `cluster: test\nlrn: 0\naddresses: { first: ${address} }\n`),
      writeFile(
        this.layout.workerConfiguration,
        [
          `endpoints: [${this.#endpoint}]`,
          'prefix: /neco/',
          `tls-ca-file: ${this.layout.serverCa}`,
          `tls-cert-file: ${this.path('neco-0.crt')}`,
          `tls-key-file: ${this.path('neco-0.key')}`,
          '',
        ].join('\n'),
      ),
    ]);
  }

  #bareVault(): Vault {
    return Vault.connect({ address: `https://${this.addressOf(0)}:8200`, ca: this.#serverCa.certificate });
  }

  async #prepareVault(): Promise<void> {
    const made = await this.#bareVault().system.initialize({ shares: 1, threshold: 1 });
    this.#unsealKey = made.unsealKeys[0] ?? new Secret('');
    this.#rootVault = this.#bareVault().withToken(made.rootToken);
    await this.unseal();
    const { vault } = this;
    await forEachAuthority((name) =>
      vault.pki(authorities[name].mount).ensureEnabled({ maxTtlHours: 87_600 }),
    );
    const mount = authorities.client.mount;
    const ca = await vault.pki(mount).generateExportedCa({ commonName: 'client CA', ttl: '87600h' });
    await writeFile(this.layout.clientCa, ca.certificate);
    await forEachAuthority((name) => ensureSigningRoles(vault, name, lrns));
    const addresses = new Map(lrns.map((lrn) => [lrn, this.addressOf(lrn)]));
    await ensureVaultAccess(vault, addresses, this.#serverCa.certificate);
    await vault.auth.ensureUser(administrator.name, administrator.password, [administratorPolicyName]);
    await vault.auth.ensureUser(operator.name, operator.password, ['neco-operator']);
  }

  async #prepareEtcd(): Promise<void> {
    const url = `https://${this.addressOf(0)}:2379`;
    const peer = `http://${this.addressOf(0)}:2380`;
    this.#start(this.#binaries.etcd, [
      '--name=boot-0',
      `--data-dir=${this.path('etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=boot-0=${peer}`,
      `--cert-file=${this.path('server.crt')}`,
      `--key-file=${this.path('server.key')}`,
      `--trusted-ca-file=${this.layout.clientCa}`,
      '--client-cert-auth',
    ]);
    const root = await new Signer(this.vault, new Map()).certifyRoot();
    await this.#writePair('root', root);
    await this.#writePair('neco-0', await this.#sign('neco-0', 'neco-0'));
    const etcd = await this.#etcdAs(root);
    try {
      const healthy = async () => {
        await etcd.checkQuorum();
        return { done: true, value: true } as const;
      };
      await waitFor(healthy, { what: 'etcd to be healthy', timeout: 20_000 });
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

  async #etcdAs({ certificate, key }: Pair): Promise<EtcdCluster> {
    const tls = { ca: this.#serverCa.certificate, certificate, key };
    return Promise.resolve(EtcdCluster.connect({ endpoints: [this.#endpoint], timeout: 3000, tls }));
  }

  async #writePair(name: string, { certificate, key }: Pair): Promise<void> {
    await writeFile(this.path(`${name}.crt`), certificate);
    await writeFile(this.path(`${name}.key`), key.reveal(), { mode: 0o600 });
  }

  #start(binary: string, args: readonly string[]): ServerProcess {
    const started = new ServerProcess(binary, args);
    this.#processes.push(started);
    return started;
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
