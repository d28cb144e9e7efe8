import { Backoff, type NecoError } from '@neco/core';
import { Range, type IKeyValue } from 'etcd3';
import { classifyEtcdError } from './classify-etcd-error.ts';
import type { EtcdCallOptions, EtcdCluster } from './etcd-cluster.ts';
import { WatchStream } from './watch-stream.ts';

/** How a watch is run. */
export interface WatchPrefixOptions {
  /** Ends the watch. */
  signal?: AbortSignal;
  /** Called with the reason when the watch was interrupted; it resumes by itself. */
  onInterruption?: (error: NecoError) => void;
}

/** All keys under the prefix as they were at one revision of the cluster. */
export interface PrefixState {
  /** The revision at which this holds, decimal. */
  revision: string;
  /** The keys with their values and revisions. */
  entries: ReadonlyMap<string, IKeyValue>;
}

const action = (prefix: string) => `watch ${prefix}`;

/**
 * Yields all keys under a prefix, at once and again after each change, until the signal fires. States that follow each
 * other while the reader is busy are yielded as one, the last. After an interruption (a member died or lost its leader, a
 * revision was compacted) everything is read again at another member, so no change is lost, though several may arrive as
 * one.
 * @throws NecoError ETCD_PERMISSION_DENIED, ETCD_UNAUTHENTICATED, CERTIFICATE_INVALID, ETCD_FAILED: errors that a retry
 * does not fix. The caller may watch again; each watch has a client of its own.
 */
export async function* watchPrefix(
  cluster: EtcdCluster,
  prefix: string,
  options: WatchPrefixOptions = {},
): AsyncGenerator<PrefixState, void, void> {
  const { signal, onInterruption } = options;
  let given: PrefixState | undefined;
  const backoff = new Backoff({ first: 50, longest: 1000 });
  do {
    try {
      const state = await readPrefix(cluster, prefix, signal === undefined ? {} : { signal });
      if (given === undefined || !isSame(given, state)) yield (given = state);
      for await (const next of changes(cluster, prefix, state, signal)) {
        backoff.reset();
        yield (given = next);
      }
    } catch (thrown) {
      const endpoint = cluster.endpoints[0] ?? '';
      const error = classifyEtcdError(thrown, {
        action: action(prefix),
        endpoint,
        timeout: cluster.connection.timeout,
      });
      if (signal?.aborted === true) return;
      if (!error.retryable) throw error;
      onInterruption?.(error);
    }
    await backoff.pause(signal);
  } while (signal?.aborted !== true);
}

/** Reads all keys under a prefix at one revision. @throws NecoError ETCD_*; CANCELLED when the signal fires */
export async function readPrefix(
  cluster: EtcdCluster,
  prefix: string,
  options: EtcdCallOptions = {},
): Promise<PrefixState> {
  const { start, end } = Range.prefix(prefix);
  const response = await cluster.call(
    `read ${prefix}`,
    (client) => client.kv.range({ key: start, range_end: end }),
    options,
  );
  const entries = new Map(response.kvs.map((entry) => [entry.key.toString(), entry]));
  return { revision: response.header.revision, entries };
}

async function* changes(
  cluster: EtcdCluster,
  prefix: string,
  from: PrefixState,
  signal: AbortSignal | undefined,
): AsyncGenerator<PrefixState, void, void> {
  const entries = new Map(from.entries);
  const startRevision = (BigInt(from.revision) + 1n).toString();
  const stream = await WatchStream.open(cluster, Range.prefix(prefix), startRevision, signal);
  try {
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      if (batch.events.length === 0) continue;
      for (const { type, kv } of batch.events) {
        if (type === 'Delete') entries.delete(kv.key.toString());
        else entries.set(kv.key.toString(), kv);
      }
      yield { revision: batch.revision, entries: new Map(entries) };
    }
  } finally {
    stream.close();
  }
}

function isSame(one: PrefixState, other: PrefixState): boolean {
  if (one.entries.size !== other.entries.size) return false;
  return [...other.entries].every(
    ([key, { mod_revision }]) => one.entries.get(key)?.mod_revision === mod_revision,
  );
}
