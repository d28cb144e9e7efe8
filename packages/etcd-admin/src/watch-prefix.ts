import { Backoff, type NecoError } from '@neco/core';
import { Range, type IKeyValue } from 'etcd3';
import { classifyEtcdError } from './classify-etcd-error.ts';
import type { EtcdCluster } from './etcd-cluster.ts';
import { WatchStream } from './watch-stream.ts';

export interface WatchPrefixOptions {
  signal?: AbortSignal;
  /** Told why the watch was interrupted; it goes on by itself. */
  onInterruption?: (error: NecoError) => void;
}

/** All keys under the prefix as they were at one revision of the cluster. */
export interface PrefixState {
  revision: string;
  entries: ReadonlyMap<string, IKeyValue>;
}

const action = (prefix: string) => `watch ${prefix}`;

/**
 * Gives what lies under a prefix, at once and again after each change, until the signal fires. States that follow
 * each other while the reader is busy are given as one, the last. After an interruption (a member that died, one
 * that lost its leader, a revision that was compacted) it reads everything anew at another member, so no change is
 * lost, though several may arrive as one.
 * @throws NecoError ETCD_PERMISSION_DENIED, ETCD_UNAUTHENTICATED, CERTIFICATE_INVALID, ETCD_FAILED: what trying again
 * does not mend. The caller may simply watch again; each watch has a client of its own.
 */
export async function* watchPrefix(
  cluster: EtcdCluster,
  prefix: string,
  options: WatchPrefixOptions = {},
): AsyncGenerator<PrefixState, void, void> {
  const { signal, onInterruption } = options;
  let given: PrefixState | undefined;
  const backoff = new Backoff({ first: 50, longest: 1000 });
  while (signal?.aborted !== true) {
    try {
      const state = await readPrefix(cluster, prefix);
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
      if (isAborted(signal)) return;
      if (!error.retryable) throw error;
      onInterruption?.(error);
    }
    await backoff.pause(signal);
  }
}

/** Reads all keys under a prefix at one revision. @throws NecoError ETCD_* */
export async function readPrefix(cluster: EtcdCluster, prefix: string): Promise<PrefixState> {
  const { start, end } = Range.prefix(prefix);
  const response = await cluster.call(`read ${prefix}`, (client) =>
    client.kv.range({ key: start, range_end: end }),
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

/** The signal can fire during any `await`; a function hides that from the compiler's narrowing. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
