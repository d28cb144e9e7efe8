import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { NecoError, type Secret } from '@neco/core';
import { EtcdMemberProcess } from './etcd-member-process.ts';
import { EtcdTestTls } from './etcd-test-tls.ts';
import { freePorts } from '../free-ports.ts';
import { runProgram, type ProgramResult } from '../run-program.ts';
import { serverBinaries, type ServerBinaries } from '../server-binaries.ts';

/** What `EtcdConnection` of etcd-admin is; named here so that the harness stands on core alone. */
export interface TestConnection {
  endpoints: string[];
  timeout: number;
  tls?: { ca: string; certificate?: string; key?: Secret };
}

export interface EtcdctlOptions {
  /** CN of the client certificate; no certificate when null, `root` when left out. */
  as?: string | null;
  endpoints?: readonly string[];
  /** Limit of the command: short, where it is to fail; what must work may take longer on a busy machine. */
  limit?: string;
}

/** A cluster of real etcd processes on loopback, with its certificates, in a folder that goes with it. */
export class EtcdUnderTest {
  readonly directory: string;
  readonly members: EtcdMemberProcess[] = [];
  readonly tls: EtcdTestTls | undefined;
  readonly #binaries: ServerBinaries;
  readonly #prepared: EtcdMemberProcess[] = [];

  private constructor(directory: string, binaries: ServerBinaries, tls: EtcdTestTls | undefined) {
    this.directory = directory;
    this.#binaries = binaries;
    this.tls = tls;
  }

  /** An empty cluster: members come by `startMembers`. */
  static async create(secure: boolean): Promise<EtcdUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'neco-etcd-'));
    const tls = secure ? await EtcdTestTls.create(join(directory, 'tls')) : undefined;
    return new EtcdUnderTest(directory, await serverBinaries(), tls);
  }

  get endpoints(): string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** The member at an index. */
  member(index: number): EtcdMemberProcess {
    const member = this.members[index];
    if (member === undefined) throw new NecoError('INTERNAL', `there is no etcd member ${String(index)}`);
    return member;
  }

  /** Makes the members of a new cluster and starts them; other ports are tried when one was taken meanwhile. */
  async startMembers(count: number, attempts = 3): Promise<void> {
    const ports = await freePorts(count * 3);
    const numbers = Array.from({ length: count }, (_, index) => index);
    const peerPort = (index: number) => ports[index + count] ?? 0;
    const scheme = this.tls === undefined ? 'http' : 'https';
    const list = numbers
      .map((index) => `m${String(index)}=${scheme}://127.0.0.1:${String(peerPort(index))}`)
      .join(',');
    for (const index of numbers) {
      const [clientPort = 0, metricsPort = 0] = [ports[index], ports[index + 2 * count]];
      const place = { name: `m${String(index)}`, clientPort, metricsPort, peerPort: peerPort(index) };
      const args = [`--initial-cluster=${list}`, '--initial-cluster-state=new'];
      this.members.push(await this.#prepare(place, args));
    }
    for (const member of this.members) member.start();
    try {
      await Promise.all(this.members.map((member) => member.ready()));
    } catch (error) {
      const taken = this.members.some(({ output }) => output.includes('address already in use'));
      await Promise.all(this.members.map((member) => member.destroy()));
      this.members.length = 0;
      if (!taken || attempts <= 1) throw error;
      await this.startMembers(count, attempts - 1);
    }
  }

  /**
   * Prepares a member that joins by `--initial-cluster-state=existing`: add its peer URL to the cluster, then start it.
   * It is ended with the others, but is not among `members`.
   */
  async prepareMember(name: string): Promise<EtcdMemberProcess> {
    const [clientPort = 0, peerPort = 0, metricsPort = 0] = await freePorts(3);
    const scheme = this.tls === undefined ? 'http' : 'https';
    const others = this.members.map((member) => `${member.name}=${member.peerUrl}`);
    const list = [...others, `${name}=${scheme}://127.0.0.1:${String(peerPort)}`].join(',');
    const member = await this.#prepare({ name, clientPort, peerPort, metricsPort }, [
      `--initial-cluster=${list}`,
      '--initial-cluster-state=existing',
    ]);
    this.#prepared.push(member);
    return member;
  }

  /** How a client with this CN (none: without a certificate) reaches the cluster. */
  async connection(commonName?: string, options: Partial<TestConnection> = {}): Promise<TestConnection> {
    const connection = { endpoints: this.endpoints, timeout: 2000, ...options };
    if (this.tls === undefined) return connection;
    const pair = commonName === undefined ? undefined : await this.tls.client(commonName);
    const ca = this.tls.serverCa.certificate;
    const tls = pair === undefined ? { ca } : { ca, certificate: pair.certificate, key: pair.key };
    return { ...connection, tls };
  }

  /** Runs the stock etcdctl. */
  async etcdctl(args: readonly string[], options: EtcdctlOptions = {}): Promise<ProgramResult> {
    const { as = 'root', endpoints = this.endpoints, limit = '3s' } = options;
    const flags = [`--endpoints=${endpoints.join(',')}`, `--command-timeout=${limit}`, '--dial-timeout=2s'];
    if (this.tls !== undefined) flags.push(`--cacert=${this.tls.path('server-ca.crt')}`);
    if (this.tls !== undefined && as !== null) {
      const { certificate, key } = await this.tls.clientFiles(as);
      flags.push(`--cert=${certificate}`, `--key=${key}`);
    }
    return runProgram(this.#binaries.etcdctl, [...flags, ...args]);
  }

  /** As `etcdctl`, for what must work: gives standard output. @throws NecoError COMMAND_FAILED */
  async etcdctlOk(args: readonly string[], options: EtcdctlOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.etcdctl(args, { limit: '20s', ...options });
    if (status !== 0) throw new NecoError('COMMAND_FAILED', `etcdctl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Makes users with the right to their prefixes, and the user `root`, and turns auth on. */
  async enableAuth(users: Readonly<Record<string, readonly string[]>> = {}): Promise<void> {
    for (const [user, prefixes] of Object.entries({ ...users, root: [] })) {
      await this.etcdctlOk(['role', 'add', user]);
      for (const prefix of prefixes) {
        await this.etcdctlOk(['role', 'grant-permission', user, 'readwrite', prefix, '--prefix']);
      }
      await this.etcdctlOk(['user', 'add', user, '--no-password']);
      await this.etcdctlOk(['user', 'grant-role', user, user]);
    }
    await this.etcdctlOk(['auth', 'enable']);
  }

  /** What the members printed, for a test that failed. */
  logs(): string {
    return this.members.map(({ name, output }) => `--- etcd ${name}\n${output}`).join('\n');
  }

  /** Ends all members and removes their files. */
  async stop(): Promise<void> {
    await Promise.all([...this.members, ...this.#prepared].map((member) => member.kill()));
    await remove(this.directory);
  }

  async #prepare(
    place: { name: string; clientPort: number; peerPort: number; metricsPort: number },
    args: readonly string[],
  ): Promise<EtcdMemberProcess> {
    const options = {
      ...place,
      binary: this.#binaries.etcd,
      directory: this.directory,
      secure: this.tls !== undefined,
    };
    const all = ['--initial-cluster-token=neco-test', ...args, ...(await this.#tlsArgs(place.name))];
    return new EtcdMemberProcess(options, all);
  }

  async #tlsArgs(name: string): Promise<string[]> {
    if (this.tls === undefined) return [];
    const [server, peer] = [await this.tls.serverFiles(name), await this.tls.peerFiles(name)];
    return [
      `--cert-file=${server.certificate}`,
      `--key-file=${server.key}`,
      `--trusted-ca-file=${this.tls.path('client-ca.crt')}`,
      `--client-crl-file=${this.tls.path('client.crl')}`,
      '--client-cert-auth',
      `--peer-cert-file=${peer.certificate}`,
      `--peer-key-file=${peer.key}`,
      `--peer-trusted-ca-file=${this.tls.path('peer-ca.crt')}`,
      `--peer-crl-file=${this.tls.path('peer.crl')}`,
      '--peer-client-cert-auth',
    ];
  }
}
