import { messageOf, NecoError } from '@neco/core';
import type { Etcd3 } from 'etcd3';
import type { EtcdCluster } from './etcd-cluster.ts';

/**
 * A lease that is kept alive until it is given back. The signal fires as soon as the lease may have run out, by this
 * host's clock and counted from before the last renewal was sent, so never later than etcd lets it go.
 */
export class HeldLease {
  readonly id: string;
  readonly #cluster: EtcdCluster;
  readonly #ttl: number;
  readonly #lost = new AbortController();
  #expiry: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #released = false;
  #last = 'it was not renewed yet';

  private constructor(cluster: EtcdCluster, id: string, ttl: number, grantedAt: number) {
    this.#cluster = cluster;
    this.id = id;
    this.#ttl = ttl;
    this.#renewed(grantedAt);
  }

  /** @param ttl how long it lives without being renewed, in seconds. @throws NecoError ETCD_* */
  static async grant(cluster: EtcdCluster, ttl: number): Promise<HeldLease> {
    const start = performance.now();
    const { ID } = await cluster.call('have a lease granted', (client) =>
      client.leaseClient.leaseGrant({ TTL: ttl }),
    );
    return new HeldLease(cluster, ID, ttl, start);
  }

  /** Fires when the lease is lost; its reason is a NecoError. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives the lease back, and with it all keys that hang on it. What fails is left to the lease's end. */
  async revoke(): Promise<void> {
    this.#released = true;
    this.#stop();
    if (this.lost.aborted) return;
    await this.#cluster
      .call('give the lease back', (client) => client.leaseClient.leaseRevoke({ ID: this.id }))
      .catch(() => undefined);
  }

  get #isOver(): boolean {
    return this.#released || this.lost.aborted;
  }

  #stop(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#renewal);
  }

  #renewed(at: number): void {
    this.#stop();
    const left = this.#ttl * 1000 - (performance.now() - at);
    this.#expiry = setTimeout(() => {
      this.#lose(`it could not be renewed for ${String(this.#ttl)} s: ${this.#last}`);
    }, left);
    this.#renewLater((this.#ttl * 1000) / 3);
  }

  #renewLater(pause: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), pause);
  }

  async #renew(): Promise<void> {
    const start = performance.now();
    const { timeout } = this.#cluster.connection;
    try {
      const ttl = await this.#cluster.call('renew the lease', (client) =>
        renewOnce(client, this.id, timeout),
      );
      if (this.#isOver) return;
      if (ttl <= 0) this.#lose('etcd let it go');
      else this.#renewed(start);
    } catch (error) {
      this.#last = messageOf(error);
      if (!this.#isOver) this.#renewLater(200);
    }
  }

  #lose(why: string): void {
    this.#stop();
    this.#lost.abort(new NecoError('ETCD_CONFLICT', `the lease was lost: ${why}`, { retryable: true }));
  }
}

/** One renewal; gives the seconds that the lease now has, 0 when it is gone. */
async function renewOnce(client: Etcd3, id: string, timeout: number): Promise<number> {
  const stream = await client.leaseClient.leaseKeepAlive({ deadline: Date.now() + timeout });
  const answer = Promise.withResolvers<number>();
  stream
    .on('data', ({ TTL }) => {
      answer.resolve(Number(TTL));
    })
    .on('error', answer.reject)
    .on('end', () => {
      answer.reject(new Error('the stream of the lease ended'));
    });
  stream.write({ ID: id });
  try {
    return await answer.promise;
  } finally {
    stream.end();
  }
}
