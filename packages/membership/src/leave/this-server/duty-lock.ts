import type { Reporter } from '@neco/core';
import { lockHost, type HostLock } from '@neco/host-installer';

/** How long one of them waits for the others, in ms. */
const limit = 120_000;

interface DutyWait {
  reporter: Reporter;
  signal?: AbortSignal;
}

/**
 * Does this server's part of a leave while nobody else here does: neco-worker, neco-updater and the command itself all know
 * how. `work` looks first whether it is still to be done.
 * @throws NecoError TIMEOUT; CANCELLED when the signal fires during the wait; and what `work` throws
 */
export async function withDutyLock<T>(wait: DutyWait, work: () => Promise<T>): Promise<T> {
  await using _lock = await takeDutyLock(wait);
  return await work();
}

/** The same lock, held for several phases until it is released. @throws NecoError TIMEOUT, CANCELLED */
export async function takeDutyLock({ reporter, signal }: DutyWait): Promise<HostLock> {
  return await lockHost('leave-duty', {
    what: "this server's part of a leave",
    wait: {
      signal,
      timeout: limit,
      // Each step of it may be done twice, and what a stopped command holds up is the leave of a server.
      passStopped: true,
      onState: (text) => {
        reporter.state(text);
      },
    },
  });
}
