import { messageOf, NecoError } from '@neco/core';
import type { Etcd3 } from 'etcd3';
import type { EtcdCluster } from '../etcd-cluster.ts';

/**
 * A lease that is renewed until it is revoked. The signal fires as soon as the lease may have expired, by this host's
 * clock and counted from before the last renewal was sent, so never later than etcd drops it.
 */
export class HeldLease {
  readonly id: string;
  readonly #cluster: EtcdCluster;
  /** In milliseconds. */
  readonly #lifetime: number;
  readonly #lost = new AbortController();
  /** In ms of `performance.now`. */
  #expiresAt = 0;
  #expiry: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #released = false;
  #last = 'it was never renewed';

  private constructor(cluster: EtcdCluster, id: string, lifetime: number, grantedAt: number) {
    this.#cluster = cluster;
    this.id = id;
    this.#lifetime = lifetime;
    this.#renewed(grantedAt);
  }

  /**
   * @param lifetime how long it lives without being renewed, in milliseconds; etcd counts whole seconds, so it is rounded up.
   * @throws NecoError ETCD_*
   */
  static async grant(cluster: EtcdCluster, lifetime: number): Promise<HeldLease> {
    const seconds = Math.ceil(lifetime / 1000);
    const start = performance.now();
    const { ID } = await cluster.call('grant a lease', (client) =>
      client.leaseClient.leaseGrant({ TTL: seconds }),
    );
    return new HeldLease(cluster, ID, seconds * 1000, start);
  }

  /** Fires when the lease is lost; its reason is a NecoError. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Whether the lease may have expired, by the clock and not by a timer: those of a process that was stopped fire only after
   * what else had come meanwhile.
   */
  isLost(): boolean {
    if (!this.#isOver && performance.now() >= this.#expiresAt) this.#expire();
    return this.lost.aborted;
  }

  /** Revokes the lease, and with it deletes all keys that are attached to it. When that fails, the lease expires by itself. */
  async revoke(): Promise<void> {
    this.#released = true;
    this.#stop();
    if (this.lost.aborted) return;
    await this.#cluster
      .call('revoke the lease', (client) => client.leaseClient.leaseRevoke({ ID: this.id }))
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
    this.#expiresAt = at + this.#lifetime;
    this.#expiry = setTimeout(() => {
      this.#expire();
    }, this.#expiresAt - performance.now());
    this.#renewLater(this.#lifetime / 3);
  }

  #expire(): void {
    this.#lose(`it could not be renewed for ${String(this.#lifetime / 1000)} s: ${this.#last}`);
  }

  #renewLater(pause: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), pause);
  }

  async #renew(): Promise<void> {
    const start = performance.now();
    const { timeout } = this.#cluster.connection;
    try {
      const left = await this.#cluster.call('renew the lease', (client) =>
        renewOnce(client, this.id, timeout),
      );
      if (this.#isOver || this.isLost()) return;
      if (left <= 0) this.#lose('etcd dropped it');
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

/** One renewal. @returns the seconds that the lease has now, 0 when it is gone. */
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
