import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { NecoError, waitFor } from '@neco/core';
import type { DataCenter } from '../data-center.ts';
import type { Server } from '../server/server.ts';
import type { ServerCommand } from '../server/server-command.ts';
import { etcdctl, etcdOf } from '../cluster/stock-clients.ts';
import type { ApplicationIdentity } from './application-identity.ts';
import { longestPause, type Pause } from './longest-pause.ts';
import type { AcknowledgedWrite, FailedTry, WriterOrder } from './writer-protocol.ts';

const program = fileURLToPath(import.meta.resolve('../../write-continuously.ts'));
const startLimit = 15_000;

export interface ContinuousWriterOptions {
  readonly identity: ApplicationIdentity;
  /** Where it writes: the first one until it fails, then the next. All boot servers unless given. */
  readonly servers?: readonly Server[];
  /** Milliseconds from one write to the next, at least; 10 unless given. */
  readonly interval?: number;
  /** Milliseconds after which a write without an answer is tried at the next server; 1000 unless given. */
  readonly deadline?: number;
}

/**
 * A process that writes to etcd all the time, as an application would, and remembers what was acknowledged. It sits in
 * the depot's network, so that no fault of a boot server is its own, and ends when this process does.
 */
export class ContinuousWriter {
  readonly #identity: ApplicationIdentity;
  readonly #command: ServerCommand;
  readonly #writes: AcknowledgedWrite[] = [];
  readonly #failures: FailedTry[] = [];
  readonly #end: Promise<void>;

  private constructor(command: ServerCommand, identity: ApplicationIdentity) {
    this.#identity = identity;
    this.#command = command;
    this.#end = this.#follow();
    this.#end.catch(() => undefined); // `stop` gives it
  }

  /**
   * Starts it and waits for its first write.
   * @throws NecoError USAGE for a prefix of neco's or Vault's, or a data centre without a depot; TIMEOUT.
   */
  static async start(dataCenter: DataCenter, options: ContinuousWriterOptions): Promise<ContinuousWriter> {
    const { identity, servers = dataCenter.servers, interval = 10, deadline = 1000 } = options;
    const { prefix, ca, certificate, key } = identity;
    if (/^\/(neco|vault)\//.test(prefix) || prefix === '/')
      throw new NecoError('USAGE', `the writer must not write under ${prefix}`);
    if (dataCenter.depot === undefined)
      throw new NecoError('USAGE', 'a bare data centre has no place for it');
    const endpoints = servers.map((server) => ({ url: etcdOf(server), name: server.name }));
    const order: WriterOrder = { endpoints, ca, certificate, key, prefix, interval, deadline };
    const argv = [process.execPath, '--conditions=neco-source', program];
    const command = await dataCenter.depot.spawnBeside(argv);
    const writer = new ContinuousWriter(command, identity);
    command.stdin?.write(`${JSON.stringify(order)}\n`);
    await writer.next();
    return writer;
  }

  /** What was acknowledged so far, in order. */
  get writes(): readonly AcknowledgedWrite[] {
    return this.#writes;
  }

  /** The tries that came to nothing so far; each write was tried again until it was acknowledged. */
  get failures(): readonly FailedTry[] {
    return this.#failures;
  }

  /** Waits until another write is acknowledged. @param timeout in milliseconds. @throws NecoError TIMEOUT */
  async next(timeout = startLimit): Promise<void> {
    const before = this.#writes.length;
    const look = async () =>
      this.#writes.length > before
        ? { done: true as const, value: undefined }
        : { done: false as const, seen: this.#failures.at(-1)?.failure ?? 'no answer' };
    await waitFor(look, { what: 'the continuous writer to write', timeout, maxPause: 20 });
  }

  /**
   * The longest time without an answer.
   * @param from - As `to` in milliseconds since the epoch; from its first write until now unless given.
   */
  longestPause(from?: number, to = performance.timeOrigin + performance.now()): Pause {
    const moments = this.#writes.map(({ moment }) => moment);
    return longestPause(moments, from ?? moments[0] ?? to, to);
  }

  /** Has it end its last write and ends it. @throws NecoError COMMAND_FAILED when it had ended by itself with an error. */
  async stop(): Promise<void> {
    this.#command.stdin?.end();
    await this.#end;
  }

  /** As `stop`, at the end of its block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Reads everything back with etcdctl on a server.
   * @returns the acknowledged writes that are not there as they were acknowledged.
   */
  async lost(server: Server): Promise<AcknowledgedWrite[]> {
    const writes = [...this.#writes];
    const pair = { certificate: '/root/continuous-writer.crt', key: '/root/continuous-writer.key' };
    await server.writeFile(pair.certificate, this.#identity.certificate, 0o600);
    await server.writeFile(pair.key, this.#identity.key, 0o600);
    const args = ['get', this.#identity.prefix, '--prefix', '--write-out', 'json'];
    const { stdout, stderr, exitCode } = await etcdctl(server, pair, args);
    if (exitCode !== 0) throw new NecoError('COMMAND_FAILED', `${server.name}: etcdctl get: ${stderr}`);
    const { kvs = [] } = JSON.parse(stdout) as { kvs?: ListedKey[] };
    const found = new Map(kvs.map((entry) => [decoded(entry.key), entry]));
    return writes.filter(({ key, value, revision }) => {
      const entry = found.get(key);
      // A try without an answer may have been carried out after the one that was acknowledged.
      return entry === undefined || decoded(entry.value) !== value || entry.mod_revision < revision;
    });
  }

  /** @throws NecoError VERIFICATION_FAILED when a write that was acknowledged is not there, by etcdctl on a server. */
  async expectNothingLost(server: Server): Promise<void> {
    const lost = await this.lost(server);
    const [first] = lost;
    if (first === undefined) return;
    throw new NecoError(
      'VERIFICATION_FAILED',
      `${lost.length} of ${this.#writes.length} acknowledged writes are lost, the first is ${JSON.stringify(first)}`,
    );
  }

  async #follow(): Promise<void> {
    const { stdout, stderr } = this.#command;
    const said = stderr === null ? Promise.resolve('') : text(stderr);
    if (stdout !== null) {
      for await (const line of createInterface({ input: stdout })) {
        const event = JSON.parse(line) as AcknowledgedWrite | FailedTry;
        if ('failure' in event) this.#failures.push(event);
        else this.#writes.push(event);
      }
    }
    const exitCode = await this.#command.exitCode;
    if (exitCode === 0) return;
    throw new NecoError('COMMAND_FAILED', `the continuous writer ended with ${exitCode}: ${await said}`);
  }
}

interface ListedKey {
  readonly key: string;
  readonly value: string;
  readonly mod_revision: number;
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
