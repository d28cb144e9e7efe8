import { Registry } from '@neco/bootserver-registry';
import { Backoff, type EtcdOptions, type Secret, toNecoError } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import type { ChangingMessages } from './changing-messages.ts';

/** Pauses after a watch that ended, in milliseconds. */
const pauses = { first: 1000, longest: 5000 } as const;

/**
 * The unseal key in etcd, watched while somebody needs it and forgotten afterwards. Certificates and CAs are read again
 * with each connection, for they are renewed while a daemon runs.
 */
export class UnsealKeyWatch {
  readonly #options: EtcdOptions;
  readonly #messages: ChangingMessages;
  #key: Secret | undefined;
  #change = new AbortController();
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: EtcdOptions, messages: ChangingMessages) {
    this.#options = options;
    this.#messages = messages;
  }

  /** Fires at the next change of the key. */
  get changed(): AbortSignal {
    return this.#change.signal;
  }

  /** The key as it was last seen; begins to watch when nobody did yet. */
  read(): Secret | undefined {
    if (this.#running === undefined) {
      this.#stop = new AbortController();
      this.#running = this.#watch(this.#stop.signal);
    }
    return this.#key;
  }

  /** Forgets the key and leaves etcd alone. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    this.#running = undefined;
    this.#key = undefined;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(pauses);
    while (!signal.aborted) {
      try {
        const given = await this.#watchOnce(signal);
        if (given) backoff.reset();
      } catch (thrown) {
        this.#warn(thrown);
      }
      await backoff.pause(signal);
    }
  }

  /** Watches until the first interruption: the next connection is made with the certificates of then. */
  async #watchOnce(signal: AbortSignal): Promise<boolean> {
    const interruption = new AbortController();
    const cluster = EtcdCluster.connect(await readEtcdConnection(this.#options));
    let given = false;
    try {
      const keys = new Registry(cluster, this.#options.prefix).unsealKey.watch({
        signal: AbortSignal.any([signal, interruption.signal]),
        onInterruption: (error) => {
          this.#warn(error);
          interruption.abort();
        },
      });
      for await (const key of keys) {
        given = true;
        this.#take(key);
      }
      return given;
    } finally {
      cluster.close();
    }
  }

  #warn(thrown: unknown): void {
    const { message, hint } = toNecoError(thrown);
    this.#messages.warn(hint === undefined ? message : `${message} (${hint})`);
  }

  #take(key: Secret | undefined): void {
    this.#key = key;
    if (key === undefined) {
      this.#messages.warn(
        `the unseal key is not in etcd under ${this.#options.prefix}; unseal Vault with "neco vault unseal"`,
      );
    }
    this.#change.abort();
    this.#change = new AbortController();
  }
}
