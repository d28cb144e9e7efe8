import { Backoff } from './backoff.ts';
import { inTime } from './in-time.ts';
import { messageOf, NecoError, type Waited } from '../errors/neco-error.ts';

/** Minimum time for one look in milliseconds, even at the end of the timeout. */
const leastLook = 50;

/** What was last seen where nothing was. */
export const nothingSeen = 'nothing yet';

export interface WaitOptions {
  /** What is waited for, as in "waiting for <what>". */
  what: string;
  /** Time limit in milliseconds; without one, the wait lasts until it is cancelled. */
  timeout?: number;
  /** First pause between two looks, in milliseconds; it doubles up to `maxPause`. */
  pause?: number;
  maxPause?: number;
  signal?: AbortSignal;
  /** Called each time the state changes. */
  onState?: (state: string) => void;
  /** Hint of the timeout error. */
  hint?: string;
  /** What was seen before the wait began. */
  seen?: string;
}

/** The result of one look: the value, or what was seen instead. */
export type Look<T> = { done: true; value: T } | { done: false; seen: string };

/**
 * Looks until `look` is done, with growing pauses, and returns its value.
 * A thrown NecoError that is not retryable ends the wait; any other error counts as what was last seen.
 * A look that does not answer cannot block the wait: it is abandoned on timeout or when the signal fires.
 *
 * @throws NecoError TIMEOUT with what was last seen, CANCELLED when the signal fires
 */
export async function waitFor<T>(look: () => Promise<Look<T>>, options: WaitOptions): Promise<T> {
  const { what, timeout, pause = 20, maxPause = 500, signal, onState, hint } = options;
  const start = performance.now();
  let { seen = nothingSeen } = options;
  const backoff = new Backoff({ first: pause, longest: maxPause });
  for (;;) {
    if (signal?.aborted) throw stoppedWaiting({ what, seen });
    const left =
      timeout === undefined ? undefined : Math.max(timeout - (performance.now() - start), leastLook);
    const result = await lookOnce(look, left, signal);
    if (result?.done === true) return result.value;
    if (result !== undefined && result.seen !== seen) {
      seen = result.seen;
      onState?.(seen);
    }
    const rest = timeout === undefined ? Infinity : timeout - (performance.now() - start);
    if (rest <= 0) {
      throw new NecoError(
        'TIMEOUT',
        `timed out after ${seconds(timeout)} waiting for ${what}; last seen: ${seen}`,
        {
          ...(hint === undefined ? {} : { hint }),
          waited: { what, seen },
        },
      );
    }
    await backoff.pause(signal, rest);
  }
}

/** The error of a wait that was stopped: what was waited for, and what was last seen. */
export function stoppedWaiting(waited: Waited): NecoError {
  const { what, seen } = waited;
  return new NecoError('CANCELLED', `stopped while waiting for ${what}; last seen: ${seen}`, { waited });
}

/** The result of one look, its error as what was seen, or undefined if it took longer than `limit` milliseconds. */
async function lookOnce<T>(
  look: () => Promise<Look<T>>,
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Look<T> | undefined> {
  try {
    return await inTime(look(), { limit, signal }, undefined);
  } catch (error) {
    // That a look was stopped says less than what it was for.
    const stopped = signal?.aborted === true && error instanceof NecoError && error.code === 'CANCELLED';
    if (stopped && error.waited === undefined) return undefined;
    if (error instanceof NecoError && !error.retryable) throw error;
    return { done: false, seen: messageOf(error) };
  }
}

function seconds(milliseconds = 0): string {
  return `${String(Math.round(milliseconds / 100) / 10)} s`;
}
