import { waitFor } from '@neco/core';
import type { RendezvousClient } from './rendezvous-client.ts';

export interface RetryingOptions {
  /** What is waited for, as in "waiting for <what>"; the coordinator by default. */
  what?: string;
  /** Limit in milliseconds over all tries; none by default. */
  timeout?: number;
  signal?: AbortSignal;
  /** What was seen before. */
  seen?: string;
  /** Told each time what was last seen changes. */
  onState?: (state: string) => void;
}

/**
 * Asks the coordinator until it answers: it may not be there yet, or be restarted in between.
 * @param body as of `RendezvousClient.request`
 * @throws NecoError TIMEOUT with what was last seen; CANCELLED; every error of the request that is not retryable.
 */
export async function retrying(
  client: RendezvousClient,
  path: string,
  body: unknown,
  options: RetryingOptions = {},
): Promise<unknown> {
  const { coordinator } = client;
  const { timeout, signal, what = `${coordinator.name} at ${coordinator.address}` } = options;
  const deadline = timeout === undefined ? undefined : performance.now() + timeout;
  const look = async (): Promise<{ done: true; value: unknown }> => {
    const left =
      deadline === undefined ? {} : { timeout: Math.max(Math.ceil(deadline - performance.now()), 1) };
    return {
      done: true,
      value: await client.request(path, body, { ...left, ...(signal ? { signal } : {}) }),
    };
  };
  return waitFor(look, {
    ...options,
    what,
    pause: 20,
    maxPause: 1000,
    hint: `start "neco setup" on ${coordinator.name}, or find out why it does not answer; then run this command again`,
  });
}
