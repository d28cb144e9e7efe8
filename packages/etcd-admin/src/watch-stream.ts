import { InterceptingCall, type CallOptions, type Interceptor } from '@grpc/grpc-js';
import { NecoError } from '@neco/core';
import type { Etcd3, IDuplexStream, IEvent, IWatchRequest, IWatchResponse, Range } from 'etcd3';
import { classifyEtcdError } from './classify-etcd-error.ts';
import { createClient } from './create-client.ts';
import type { EtcdCluster } from './etcd-cluster.ts';

/** Changes that arrived together. */
export interface WatchBatch {
  revision: string;
  events: IEvent[];
}

/**
 * One watch at one member, on a client of its own and until the first error. etcd3's own watchers are not used: after one
 * is refused the others of its client hang, and a closed client keeps trying for ever.
 */
export class WatchStream {
  readonly #client: Etcd3;
  readonly #stream: IDuplexStream<IWatchRequest, IWatchResponse>;
  #arrived: WatchBatch | undefined;
  #end: { error: Error | undefined } | undefined;
  #wake = Promise.withResolvers<undefined>();

  private constructor(client: Etcd3, stream: IDuplexStream<IWatchRequest, IWatchResponse>) {
    this.#client = client;
    this.#stream = stream;
  }

  /**
   * Watches at the member that answered last, from a revision on.
   * @throws NecoError ETCD_*: ETCD_CONFLICT, retryable, when the revision was compacted.
   */
  static async open(
    cluster: EtcdCluster,
    range: Range,
    startRevision: string,
    signal?: AbortSignal,
  ): Promise<WatchStream> {
    const [endpoint = ''] = cluster.endpoints;
    const { timeout } = cluster.connection;
    const client = createClient(cluster.connection, endpoint);
    try {
      const watch = new WatchStream(client, await client.watchClient.watch(requireLeader));
      const request = { key: range.start, range_end: range.end, start_revision: startRevision };
      await watch.#create(request, timeout, signal);
      return watch;
    } catch (error) {
      client.close();
      throw classifyEtcdError(error, { action: 'watch', endpoint, timeout });
    }
  }

  /** The changes since the last call, waiting for the next when there are none; undefined when the signal fired. */
  async next(): Promise<WatchBatch | undefined> {
    while (this.#arrived === undefined) {
      if (this.#end !== undefined) {
        if (this.#end.error === undefined) return undefined;
        throw this.#end.error;
      }
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    const batch = this.#arrived;
    this.#arrived = undefined;
    return batch;
  }

  close(): void {
    this.#finish(undefined);
    this.#stream.cancel();
    this.#client.close();
  }

  async #create(
    request: IWatchRequest['create_request'],
    timeout: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const created = Promise.withResolvers<undefined>();
    const fail = (error: Error) => {
      created.reject(error);
      this.#finish(error);
    };
    const timer = setTimeout(() => {
      fail(new Error('DEADLINE_EXCEEDED'));
    }, timeout);
    created.promise
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
      });
    this.#stream
      .on('data', (response) => {
        if (response.canceled) fail(refusal(response));
        else if (response.created) created.resolve(undefined);
        else this.#add(response);
      })
      .on('error', fail)
      .on('end', () => {
        fail(new Error('the watch stream ended'));
      });
    const stop = () => {
      created.resolve(undefined);
      this.#finish(undefined);
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#onFinish = () => signal?.removeEventListener('abort', stop);
    if (request !== undefined) this.#stream.write({ create_request: request });
    await created.promise;
  }

  #onFinish: () => void = () => undefined;

  #add({ header, events }: IWatchResponse): void {
    this.#arrived = { revision: header.revision, events: [...(this.#arrived?.events ?? []), ...events] };
    this.#wake.resolve(undefined);
  }

  #finish(error: Error | undefined): void {
    this.#end ??= { error };
    this.#onFinish();
    this.#wake.resolve(undefined);
  }
}

/** Without this header a member that lost the others keeps the watch open and sends nothing. */
const requireLeader: CallOptions = {
  interceptors: [
    ((options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          metadata.set('hasleader', 'true');
          next(metadata, listener);
        },
      })) satisfies Interceptor,
  ],
};

/** Why etcd ended or refused the watch; for a compacted revision it sends only the revision. */
function refusal({ compact_revision, cancel_reason }: IWatchResponse): Error {
  if (compact_revision === '0') return new Error(`etcdserver: ${cancel_reason}`);
  return new NecoError('ETCD_CONFLICT', `the revision to watch from was compacted at ${compact_revision}`, {
    retryable: true,
  });
}
