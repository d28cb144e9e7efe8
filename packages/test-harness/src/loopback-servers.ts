import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { NecoError, serverName } from '@neco/core';
import { EtcdMemberProcess } from './etcd/etcd-member-process.ts';
import type { PairFiles } from './etcd/etcd-test-tls.ts';
import { runProgram, type ProgramResult } from './run-program.ts';
import { serverBinaries, type ServerBinaries } from './server-binaries.ts';
import { TestCa, type CertificateRequest, type IssuedCertificate } from './test-ca.ts';
import { VaultProcess, type VaultProcessOptions } from './vault/vault-process.ts';

/** The ports of a boot server (`ports` of cluster-access), named here so that the harness stands on core alone. */
const ports = { etcdClient: 2379, etcdPeer: 2380, etcdMetrics: 2381, vault: 8200 };

/** For three months, as those that Vault signs. */
const life = 90 * 24 * 3_600_000;

/**
 * Boot servers on loopback addresses of their own and the real ports: real etcds with TLS and real Vaults, the certificates of
 * all of them, and the configuration of `boot-0`, in one folder. Who uses it adds what it needs besides.
 */
export class LoopbackServers {
  readonly directory: string;
  readonly lrns: readonly number[];
  readonly serverCa: TestCa;
  /** Where an administrator of `boot-0` would find them. */
  readonly files: Readonly<
    Record<'site' | 'workerConfiguration' | 'serverCa' | 'clientCa', string> & { server: PairFiles }
  >;
  readonly #binaries: ServerBinaries;
  // Addresses that no other test of this machine is likely to use.
  readonly #network = `127.${String(20 + Math.floor(Math.random() * 200))}.${String(Math.floor(Math.random() * 250))}`;
  readonly #certificates = new Map<number, IssuedCertificate>();
  readonly #etcds = new Set<EtcdMemberProcess>();
  readonly #vaults = new Set<VaultProcess>();

  private constructor(
    directory: string,
    lrns: readonly number[],
    binaries: ServerBinaries,
    serverCa: TestCa,
  ) {
    this.directory = directory;
    this.lrns = lrns;
    this.#binaries = binaries;
    this.serverCa = serverCa;
    this.files = {
      site: this.path('site.yml'),
      workerConfiguration: this.path('neco-worker.yml'),
      serverCa: this.path('server-ca.crt'),
      clientCa: this.path('client-ca.crt'),
      server: this.#pairFiles(serverName(0)),
    };
  }

  /** @param lrns those whose etcds form the cluster. Nothing of them runs yet. */
  static async create(lrns: readonly number[]): Promise<LoopbackServers> {
    const directory = await mkdtemp(join(tmpdir(), 'neco-loopback-'));
    const servers = new LoopbackServers(
      directory,
      lrns,
      await serverBinaries(),
      await TestCa.create('server CA'),
    );
    await Promise.all([
      writeFile(servers.files.serverCa, servers.serverCa.certificate),
      writeFile(servers.files.site, `cluster: test\nlrn: 0\naddresses: { first: ${servers.addressOf(0)} }\n`),
      servers.configureWorker(),
      ...lrns.map((lrn) => servers.certify(lrn)),
    ]);
    return servers;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  addressOf(lrn: number): string {
    return `${this.#network}.${String(lrn + 1)}`;
  }

  endpointOf(lrn: number): string {
    return `https://${this.addressOf(lrn)}:${String(ports.etcdClient)}`;
  }

  peerUrlOf(lrn: number): string {
    return `https://${this.addressOf(lrn)}:${String(ports.etcdPeer)}`;
  }

  get endpoints(): string[] {
    return this.lrns.map((lrn) => this.endpointOf(lrn));
  }

  /** The certificate that etcd and Vault of a server show. */
  certificateOf(lrn: number): IssuedCertificate {
    const issued = this.#certificates.get(lrn);
    if (issued === undefined)
      throw new NecoError('INTERNAL', `${serverName(lrn)} was not given a certificate`);
    return issued;
  }

  /** Gives a server its certificate. */
  async certify(lrn: number, more: Partial<CertificateRequest> = {}): Promise<IssuedCertificate> {
    const name = serverName(lrn);
    const issued = await this.serverCa.issue({
      commonName: name,
      dnsNames: [name, 'localhost'],
      ipAddresses: [this.addressOf(lrn), '127.0.0.1'],
      notAfter: new Date(Date.now() + life),
      ...more,
    });
    this.#certificates.set(lrn, issued);
    await this.writePair(name, issued);
    return issued;
  }

  /** Writes a certificate and its key into the folder. */
  async writePair(
    name: string,
    { certificate, key }: Pick<IssuedCertificate, 'certificate' | 'key'>,
  ): Promise<PairFiles> {
    const files = this.#pairFiles(name);
    await writeFile(files.certificate, certificate);
    await writeFile(files.key, key.reveal(), { mode: 0o600 });
    return files;
  }

  /** Writes how `boot-0` reaches etcd. @param change of the text */
  async configureWorker(change: (text: string) => string = (text) => text): Promise<void> {
    const { certificate, key } = this.#pairFiles('neco-0');
    const text = [
      `endpoints: [${this.endpoints.join(', ')}]`,
      'prefix: /neco/',
      'timeout: 2s',
      `tls-ca-file: ${this.files.serverCa}`,
      `tls-cert-file: ${certificate}`,
      `tls-key-file: ${key}`,
      // The worker's own settings stand there too.
      'something-of-the-worker: 1',
      '',
    ];
    await writeFile(this.files.workerConfiguration, change(text.join('\n')));
  }

  /**
   * The etcd of a server, which is not started yet. Its clients have certificates of the CA in `files.clientCa`.
   * @param members of a cluster to which it is added
   * @param more arguments
   */
  etcd(lrn: number, members?: readonly number[], more: readonly string[] = []): EtcdMemberProcess {
    const name = serverName(lrn);
    const own = this.#pairFiles(name);
    const list = (members ?? this.lrns).map((each) => `${serverName(each)}=${this.peerUrlOf(each)}`);
    const options = {
      binary: this.#binaries.etcd,
      name,
      directory: this.directory,
      host: this.addressOf(lrn),
      clientPort: ports.etcdClient,
      peerPort: ports.etcdPeer,
      metricsPort: ports.etcdMetrics,
      secure: true,
    };
    const etcd = new EtcdMemberProcess(options, [
      `--initial-cluster=${list.join(',')}`,
      `--initial-cluster-state=${members === undefined ? 'new' : 'existing'}`,
      `--cert-file=${own.certificate}`,
      `--key-file=${own.key}`,
      `--trusted-ca-file=${this.files.clientCa}`,
      '--client-cert-auth',
      `--peer-cert-file=${own.certificate}`,
      `--peer-key-file=${own.key}`,
      `--peer-trusted-ca-file=${this.files.serverCa}`,
      // As in the product: otherwise no member is added in the first seconds after a start.
      '--strict-reconfig-check=false',
      ...more,
    ]);
    this.#etcds.add(etcd);
    return etcd;
  }

  /** Starts the Vault of a server; it shows the server's certificate. */
  async startVault(lrn: number, { storage }: Pick<VaultProcessOptions, 'storage'>): Promise<VaultProcess> {
    const vault = await VaultProcess.start({
      ...(storage === undefined ? {} : { storage }),
      at: { host: this.addressOf(lrn), port: ports.vault },
      tls: { ca: this.serverCa.certificate, pair: this.certificateOf(lrn) },
    });
    this.#vaults.add(vault);
    return vault;
  }

  /** Where a Vault that keeps its data in these etcds finds them. @param pair its client certificate */
  vaultStorage({ certificate, key }: PairFiles): Record<string, string> {
    return {
      address: this.endpoints.join(','),
      etcd_api: 'v3',
      ha_enabled: 'true',
      path: '/vault/',
      tls_ca_file: this.files.serverCa,
      tls_cert_file: certificate,
      tls_key_file: key,
    };
  }

  /** The stock etcdctl at all endpoints. @param pair the path of a client's certificate and key, without their endings */
  async etcdctl(args: readonly string[], pair = this.path('root')): Promise<ProgramResult> {
    return await runProgram(this.#binaries.etcdctl, [
      `--endpoints=${this.endpoints.join(',')}`,
      `--cacert=${this.files.serverCa}`,
      `--cert=${pair}.crt`,
      `--key=${pair}.key`,
      ...args,
    ]);
  }

  /** As `etcdctl` as root, for what must work: gives standard output. @throws NecoError COMMAND_FAILED */
  async etcdctlOk(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.etcdctl(args);
    if (status !== 0) throw new NecoError('COMMAND_FAILED', `etcdctl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Ends all servers and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all([...this.#vaults].map((vault) => vault.stop()));
    await Promise.all([...this.#etcds].map((etcd) => etcd.kill()));
    await remove(this.directory);
  }

  #pairFiles(name: string): PairFiles {
    return { certificate: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
  }
}
