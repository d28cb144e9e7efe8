import { NecoError, waitFor } from '@neco/core';
import { lockHost } from '@neco/host-installer';

/** How long one of them waits for the others, in ms. */
const limit = 120_000;

/**
 * Does this server's part of a leave while nobody else here does: neco-worker, neco-updater and the command itself all know
 * how. Whoever comes later looks first whether it is done.
 * @throws NecoError TIMEOUT, and what `work` throws
 */
export async function withDutyLock<T>(work: () => Promise<T>): Promise<T> {
  await using _lock = await waitFor(
    async () => {
      try {
        return { done: true, value: await lockHost('leave-duty') };
      } catch (error) {
        if (error instanceof NecoError && error.code === 'BUSY') return { done: false, seen: error.message };
        throw error;
      }
    },
    { what: 'another process of neco', timeout: limit },
  );
  return await work();
}
