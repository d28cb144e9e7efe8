import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { NecoError, waitFor } from '@neco/core';
import { ServerProcess } from '../server-process.ts';

export interface EtcdMemberOptions {
  binary: string;
  name: string;
  /** Its data directory is made in here. */
  directory: string;
  /** Address of the loopback; 127.0.0.1 when left out. */
  host?: string;
  clientPort: number;
  peerPort: number;
  metricsPort: number;
  secure: boolean;
}

/** One etcd process under test; it can be ended and started again with its data. */
export class EtcdMemberProcess {
  readonly name: string;
  readonly endpoint: string;
  readonly peerUrl: string;
  readonly clientPort: number;
  readonly metricsUrl: string;
  readonly dataDirectory: string;
  readonly #binary: string;
  readonly #args: readonly string[];
  #process: ServerProcess | undefined;

  /** @param args added to those that all members have. */
  constructor(options: EtcdMemberOptions, args: readonly string[]) {
    const { host = '127.0.0.1' } = options;
    const scheme = options.secure ? 'https' : 'http';
    this.name = options.name;
    this.clientPort = options.clientPort;
    this.endpoint = `${scheme}://${host}:${String(options.clientPort)}`;
    this.peerUrl = `${scheme}://${host}:${String(options.peerPort)}`;
    this.metricsUrl = `http://${host}:${String(options.metricsPort)}`;
    this.dataDirectory = join(options.directory, options.name);
    this.#binary = options.binary;
    this.#args = [...this.#ownArgs(), ...args];
  }

  #ownArgs(): string[] {
    return [
      `--name=${this.name}`,
      `--data-dir=${this.dataDirectory}`,
      `--listen-client-urls=${this.endpoint}`,
      `--advertise-client-urls=${this.endpoint}`,
      `--listen-peer-urls=${this.peerUrl}`,
      `--initial-advertise-peer-urls=${this.peerUrl}`,
      `--listen-metrics-urls=${this.metricsUrl}`,
      // Quick elections, and no waiting for the disk: nothing here must survive a power cut.
      '--heartbeat-interval=50',
      '--election-timeout=500',
      '--unsafe-no-fsync',
      '--enable-grpc-gateway=false',
    ];
  }

  get output(): string {
    return this.#process?.output ?? '';
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /** Starts the process; `ready` tells when it serves. */
  start(): void {
    if (this.isRunning) return;
    this.#process = new ServerProcess(this.#binary, this.#args);
  }

  /** Waits until it serves reads that need the quorum (a learner: until it is up). */
  async ready(timeout = 15_000): Promise<void> {
    await waitFor(
      async () => {
        if (!this.isRunning)
          throw new NecoError('COMMAND_FAILED', `etcd ${this.name} ended:\n${this.#process?.tail() ?? ''}`);
        const response = await fetch(`${this.metricsUrl}/readyz`).catch(() => undefined);
        if (response?.ok === true) return { done: true, value: undefined };
        return { done: false, seen: (await response?.text()) ?? 'no answer' };
      },
      { what: `etcd ${this.name}`, timeout, maxPause: 50, hint: this.#process?.tail() ?? '' },
    );
  }

  /** Stops and continues the process: it keeps its connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    this.thaw();
    await this.#process?.stop();
  }

  /** Ends it and takes its data away. */
  async destroy(): Promise<void> {
    await this.kill();
    await remove(this.dataDirectory);
  }
}
