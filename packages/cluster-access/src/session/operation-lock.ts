import type { LockedTurn, Registry } from '@neco/bootserver-registry';
import type { Reporter } from '@neco/core';

export interface OperationLockOptions {
  /** The command, as in `neco init squid`. */
  what: string;
  /** `boot-<LRN>`, where it runs. */
  server: string;
  reporter: Reporter;
  signal: AbortSignal;
  /** How long to wait for another command, in ms; without it as long as that takes. */
  timeout?: number;
}

/**
 * Runs a command that changes the cluster while no other does, on any server. Others wait, and report who holds the
 * lock, since when and what for; it is given up when its holder dies. A command that was stopped for so long that it lost the
 * lock changes nothing any more: it works by what its turn gives it, `registry` and connections under `lock`.
 * @throws NecoError BUSY when the timeout is over, CANCELLED, ETCD_CONFLICT when the lock was lost, ETCD_*; and what `work` throws
 */
export async function withOperationLock<T>(
  registry: Registry,
  { what, server, reporter, signal, timeout }: OperationLockOptions,
  work: (turn: LockedTurn) => Promise<T>,
): Promise<T> {
  const since = new Date().toISOString();
  return await registry.withLock('change', work, {
    holder: `${what} on ${server} (process ${String(process.pid)}) since ${since}`,
    signal,
    ...(timeout === undefined ? {} : { timeout }),
    onWait: (holder) => {
      reporter.state(`waiting for the change lock, held by ${holder}`);
    },
  });
}
