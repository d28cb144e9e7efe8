import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, NecoError } from './neco-error.ts';

export interface WaitOptions {
  /** What is waited for, as in "waiting for <what>". */
  what: string;
  /** Upper limit in milliseconds; none means until cancelled. */
  timeout?: number;
  /** First pause between two looks, in milliseconds; it doubles up to `maxPause`. */
  pause?: number;
  maxPause?: number;
  signal?: AbortSignal;
  /** Told each time what was last seen changes. */
  onState?: (state: string) => void;
  /** Added to the error of a wait that ran out of time. */
  hint?: string;
}

/** What one look gives: the value when it is there, otherwise what was seen instead. */
export type Look<T> = { done: true; value: T } | { done: false; seen: string };

/**
 * Looks until `look` is done, with growing pauses, and gives its value.
 * A thrown NecoError that is not retryable ends the wait; anything else thrown is what was last seen.
 * @throws NecoError TIMEOUT with what was last seen, CANCELLED when the signal fires.
 */
export async function waitFor<T>(look: () => Promise<Look<T>>, options: WaitOptions): Promise<T> {
  const { what, timeout, pause = 20, maxPause = 500, signal, onState, hint } = options;
  const deadline = timeout === undefined ? Infinity : performance.now() + timeout;
  let seen = 'nothing yet';
  let nextPause = pause;
  for (;;) {
    if (signal?.aborted) throw new NecoError('CANCELLED', `stopped while waiting for ${what}; last seen: ${seen}`);
    const before = seen;
    try {
      const result = await look();
      if (result.done) return result.value;
      seen = result.seen;
    } catch (error) {
      if (error instanceof NecoError && !error.retryable) throw error;
      seen = messageOf(error);
    }
    if (seen !== before) onState?.(seen);
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new NecoError('TIMEOUT', `gave up waiting for ${what} after ${seconds(timeout)}; last seen: ${seen}`, {
        ...(hint === undefined ? {} : { hint }),
      });
    }
    await delay(Math.min(nextPause, left), undefined, signal ? { signal } : {}).catch(() => undefined);
    nextPause = Math.min(nextPause * 2, maxPause);
  }
}

function seconds(milliseconds = 0): string {
  return `${String(Math.round(milliseconds / 100) / 10)} s`;
}
