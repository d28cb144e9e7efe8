import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { NecoError, Secret, waitFor, type Look } from '@neco/core';
import { freePorts } from '../free-ports.ts';
import { runProgram, type ProgramResult } from '../run-program.ts';
import { serverBinaries } from '../server-binaries.ts';
import { ServerProcess } from '../server-process.ts';
import { TestCa, type IssuedCertificate } from '../test-ca.ts';

export interface VaultProcessOptions {
  /** Where it keeps its data: `file` survives a restart; otherwise in etcd, by these settings, with others of its kind. */
  storage?: 'inmem' | 'file' | Readonly<Record<string, string>>;
  /** Where it listens; at a free port of 127.0.0.1 when left out. */
  at?: { host: string; port: number };
  /** What it shows, and the CA (PEM) that signed it; a certificate of a CA of its own when left out. */
  tls?: { ca: string; pair: Pick<IssuedCertificate, 'certificate' | 'key'> };
  /** Without TLS on request; with a certificate of a CA of its own otherwise. */
  clearText?: boolean;
  /** A whole configuration in place of the harness's own, as JSON; it must listen on `port`. */
  configuration?: (place: { port: number; directory: string }) => string;
}

/** A real Vault on the loopback with a directory of its own. `stop` (or `await using`) takes both away. */
export class VaultProcess implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Holds its configuration, data, and `ca.crt`. */
  readonly directory: string;
  readonly address: string;
  /** The CA of its certificate, PEM; empty in clear text. */
  readonly ca: string;
  readonly #binary: string;
  #process: ServerProcess | undefined;
  #unsealKeys: readonly Secret[] = [];
  #rootToken: Secret | undefined;

  private constructor(
    binary: string,
    { host, port }: { host: string; port: number },
    directory: string,
    ca: string,
    clearText: boolean,
  ) {
    this.#binary = binary;
    this.host = host;
    this.port = port;
    this.directory = directory;
    this.ca = ca;
    this.address = `${clearText ? 'http' : 'https'}://${host}:${String(port)}`;
  }

  /** Starts one that is neither initialised nor unsealed, and waits until it answers. */
  static async start(options: VaultProcessOptions = {}): Promise<VaultProcess> {
    const { vault: binary } = await serverBinaries();
    const { port = 0, host = '127.0.0.1' } = options.at ?? { port: (await freePorts(1))[0] };
    const directory = await mkdtemp(join(tmpdir(), 'neco-vault-'));
    const clearText = options.clearText ?? false;
    const { ca, pair } = options.tls ?? (await ownTls());
    const server = new VaultProcess(binary, { host, port }, directory, clearText ? '' : ca, clearText);
    const configuration = options.configuration?.({ port, directory }) ?? server.#configuration(options);
    await Promise.all([
      writeFile(join(directory, 'ca.crt'), ca),
      writeFile(join(directory, 'tls.crt'), pair.certificate),
      writeFile(join(directory, 'tls.key'), pair.key.reveal(), { mode: 0o600 }),
      writeFile(join(directory, 'vault.json'), configuration),
    ]);
    await server.run();
    return server;
  }

  /** Starts one that is initialised with one key, unsealed, and ready. */
  static async startReady(options: VaultProcessOptions = {}): Promise<VaultProcess> {
    const server = await VaultProcess.start(options);
    await server.initialize();
    await server.unseal();
    return server;
  }

  /** @throws NecoError INTERNAL before `initialize`. */
  get rootToken(): Secret {
    return present(this.#rootToken, 'this Vault was not initialised by the harness');
  }

  /** @throws NecoError INTERNAL before `initialize`. */
  get unsealKey(): Secret {
    return present(this.#unsealKeys[0], 'this Vault was not initialised by the harness');
  }

  /** Whether its process runs. */
  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /**
   * The stock client, pointed at this Vault with this token and nothing else. A status other than 0 is an answer.
   * @param environment more of its settings
   */
  async client(
    args: readonly string[],
    token: Secret = new Secret(''),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ProgramResult> {
    return await runProgram(this.#binary, args, {
      HOME: this.directory,
      VAULT_ADDR: this.address,
      VAULT_CACERT: this.ca === '' ? '' : join(this.directory, 'ca.crt'),
      VAULT_SKIP_VERIFY: '',
      VAULT_NAMESPACE: '',
      VAULT_TOKEN: token.reveal(),
      ...environment,
    });
  }

  /** As `client`, with the root token; what it printed must be JSON. @throws NecoError INTERNAL when it fails. */
  async json(args: readonly string[], token: Secret = this.rootToken): Promise<unknown> {
    const result = await this.client(args, token);
    if (result.status !== 0) throw new NecoError('INTERNAL', `vault ${args.join(' ')}: ${result.stderr}`);
    return JSON.parse(result.stdout);
  }

  /** Initialises it by the stock client. @param shares how many unseal keys there are, all of which are needed */
  async initialize(shares = 1): Promise<void> {
    const count = String(shares);
    const args = ['operator', 'init', `-key-shares=${count}`, `-key-threshold=${count}`, '-format=json'];
    const made = await this.json(args, new Secret(''));
    const { unseal_keys_b64: keys, root_token: token } = made as {
      unseal_keys_b64: string[];
      root_token: string;
    };
    this.#unsealKeys = keys.map((key) => new Secret(key));
    this.#rootToken = new Secret(token);
  }

  /** All unseal keys, joined with commas. */
  get unsealKeys(): Secret {
    return new Secret(this.#unsealKeys.map((key) => key.reveal()).join());
  }

  /** Takes over the keys of another that keeps its data in the same place. */
  takeKeys(other: VaultProcess): void {
    this.#unsealKeys = other.#unsealKeys;
    this.#rootToken = other.#rootToken;
  }

  /** Gives it unseal keys, all of them by default. */
  async give(count = this.#unsealKeys.length): Promise<void> {
    for (const key of this.#unsealKeys.slice(0, count)) {
      // The key of a throw-away Vault may stand in an argument; the stock client takes it otherwise only from a terminal.
      const { status, stderr } = await this.client(['operator', 'unseal', key.reveal()]);
      if (status !== 0) throw new NecoError('INTERNAL', `vault operator unseal: ${stderr}`);
    }
  }

  /** Unseals it and waits until it is active. */
  async unseal(): Promise<void> {
    await this.give();
    await this.#waitForStatus('to be active', ['read', '-format=json', 'sys/mounts']);
  }

  /** Starts the process again, sealed, after `kill`. */
  async run(): Promise<void> {
    // Killed with its parent, however that ends: no Vault is left behind.
    const args = [
      '--pdeathsig',
      'KILL',
      this.#binary,
      'server',
      `-config=${join(this.directory, 'vault.json')}`,
    ];
    this.#process = new ServerProcess('setpriv', args);
    // An error is an answer, too: that is all that a half initialised one gives.
    await this.#waitForStatus('to answer', ['read', '-format=json', 'sys/seal-status'], /^Code: \d+/m);
  }

  /** Sends a signal: SIGHUP to reload its certificate, SIGSTOP to have it accept and never answer, SIGCONT to go on. */
  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** Kills it at once and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process?.stop();
  }

  /** Kills it and removes its directory. */
  async stop(): Promise<void> {
    await this.kill();
    await remove(this.directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @param orError what the client may print in place of success. */
  async #waitForStatus(what: string, args: readonly string[], orError?: RegExp): Promise<void> {
    const look = async (): Promise<Look<undefined>> => {
      if (this.#process?.isRunning !== true) throw new NecoError('INTERNAL', 'it has ended');
      const { status, stderr } = await this.client(args, this.#rootToken);
      return status === 0 || orError?.test(stderr) === true
        ? { done: true, value: undefined }
        : { done: false, seen: stderr.trim() };
    };
    try {
      await waitFor(look, { what: `Vault at ${this.address} ${what}`, timeout: 20_000 });
    } catch (error) {
      await this.stop();
      const log = this.#process?.tail(40) ?? '';
      throw new NecoError('INTERNAL', `Vault at ${this.address} failed ${what}; its log:\n${log}`, {
        cause: error,
      });
    }
  }

  #configuration({ storage = 'inmem', clearText = false }: VaultProcessOptions): string {
    const address = `${this.host}:${String(this.port)}`;
    const files = {
      tls_cert_file: join(this.directory, 'tls.crt'),
      tls_key_file: join(this.directory, 'tls.key'),
    };
    const tls = clearText ? { tls_disable: true } : files;
    return JSON.stringify({
      api_addr: this.address,
      disable_mlock: true,
      ...(typeof storage === 'string'
        ? { disable_clustering: true }
        : { cluster_addr: `https://${this.host}:${String(this.port + 1)}` }),
      // A test may remove what Vault keeps.
      raw_storage_endpoint: true,
      storage: this.#storage(storage),
      listener: [{ tcp: { address, ...tls } }],
    });
  }

  #storage(storage: NonNullable<VaultProcessOptions['storage']>): object {
    if (storage === 'inmem') return { inmem: {} };
    return storage === 'file' ? { file: { path: join(this.directory, 'data') } } : { etcd: storage };
  }
}

async function ownTls(): Promise<NonNullable<VaultProcessOptions['tls']>> {
  const ca = await TestCa.create('test Vault CA');
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  return { ca: ca.certificate, pair: await ca.issue({ commonName: 'vault', ...names }) };
}

function present<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new NecoError('INTERNAL', otherwise);
  return value;
}
