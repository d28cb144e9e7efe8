import { messageOf, NecoError } from '@neco/core';
import type { EtcdCluster } from '../etcd-cluster.ts';
import { lockLost, type LockKey } from '../commit.ts';
import { HeldLease } from './held-lease.ts';
import type { HeldLock } from './held-lock.ts';
import { watchPrefix } from '../watch-prefix.ts';

/** How a lock is taken. All durations are in milliseconds. */
export interface LockOptions {
  /**
   * How long the lock outlives a holder that died, in milliseconds; 15000 by default. etcd counts whole seconds, so it is
   * rounded up.
   */
  lifetime?: number;
  /** Who holds the lock, for the messages of others: `boot-3`. */
  holder: string;
  /** How long to wait for the lock, in milliseconds; without it the wait ends only when the signal fires. */
  timeout?: number;
  /** Stops the wait for the lock, and the work under it. */
  signal?: AbortSignal;
  /** Called with the holder each time the lock is found in use by another. */
  onWait?: (holder: string) => void;
}

const defaultLifetime = 15_000;

/**
 * Runs `work` while holding a lock in etcd. The signal that `work` gets fires when the lock is lost or the caller's signal
 * fires; the work must then stop at once. A lock alone does not keep a late write out
 * (https://jepsen.io/analyses/etcd-3.4.3): writes go through `EtcdCluster.under`, and what is not etcd's is changed right after
 * `held.check()`.
 * @param key where the lock lies in etcd; the caller needs the right to read and write it.
 * @throws NecoError BUSY when another holds it for longer than the timeout; CANCELLED; ETCD_CONFLICT when it was lost
 * during the work, however that ended (what the work threw is the cause); ETCD_*; and what `work` throws.
 */
export async function withLock<T>(
  cluster: EtcdCluster,
  key: string,
  work: (signal: AbortSignal, held: HeldLock) => Promise<T>,
  options: LockOptions,
): Promise<T> {
  const lease = await HeldLease.grant(cluster, options.lifetime ?? defaultLifetime);
  try {
    const taken = await acquire(cluster, key, lease, options);
    const held: HeldLock = {
      ...taken,
      check: () => {
        if (lease.isLost()) throw lockLost(key);
      },
    };
    const signals = options.signal === undefined ? [lease.lost] : [lease.lost, options.signal];
    const outcome = work(AbortSignal.any(signals), held);
    await outcome.catch((error: unknown) => throwIfLost(key, lease.lost, error));
    throwIfLost(key, lease.lost);
    return await outcome;
  } finally {
    await lease.revoke();
  }
}

/** How the work ended says nothing when the lock was lost: its signal had fired. */
function throwIfLost(key: string, { aborted, reason }: AbortSignal, cause: unknown = reason): void {
  if (!aborted) return;
  throw new NecoError('ETCD_CONFLICT', `the lock ${key} was lost during the work: ${messageOf(reason)}`, {
    hint: 'another may hold it by now: check what was done, and run it again',
    retryable: true,
    cause,
  });
}

async function acquire(
  cluster: EtcdCluster,
  key: string,
  lease: HeldLease,
  options: LockOptions,
): Promise<LockKey> {
  const limits = [
    lease.lost,
    options.signal,
    options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout),
  ];
  const signal = AbortSignal.any(limits.filter((limit) => limit !== undefined));
  let holder: string | undefined;
  for await (const { entries } of watchPrefix(cluster, key, { signal })) {
    const entry = entries.get(key);
    if (entry !== undefined) {
      holder = entry.value.toString();
      options.onWait?.(holder);
      continue;
    }
    const held = await tryAcquire(cluster, key, lease, options.holder);
    if (held !== undefined) return held;
  }
  lease.lost.throwIfAborted();
  if (options.signal?.aborted === true) {
    const by = holder === undefined ? '' : `; it was held by ${holder}`;
    throw new NecoError('CANCELLED', `stopped while waiting for the lock ${key}${by}`);
  }
  const by = holder ?? 'somebody';
  throw new NecoError('BUSY', `the lock ${key} is held by ${by}`, {
    hint: `wait until ${by} has finished and run it again`,
    retryable: true,
  });
}

/** Puts the key on the lease if it does not exist. One on this very lease was put by a call whose answer was lost. */
async function tryAcquire(
  cluster: EtcdCluster,
  key: string,
  lease: HeldLease,
  holder: string,
): Promise<LockKey | undefined> {
  const { succeeded, header, responses } = await cluster.call(`take the lock ${key}`, (client) =>
    client
      .if(key, 'Create', '==', 0)
      .then(client.put(key).value(holder).lease(lease.id))
      .else(client.get(key))
      .commit(),
  );
  if (succeeded) return { key, createRevision: header.revision };
  const there = responses[0]?.response_range.kvs[0];
  return there?.lease === lease.id ? { key, createRevision: there.create_revision } : undefined;
}
