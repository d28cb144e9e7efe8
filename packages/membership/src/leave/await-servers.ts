import { NecoError, waitFor, type Reporter } from '@neco/core';

export interface Awaited {
  /** As in "waiting for <what>". */
  what: string;
  /** In milliseconds. */
  timeout: number;
  /** The longest pause between two looks, in milliseconds. */
  maxPause?: number;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * How long so many servers may take for their part, in ms. The worker or updater of each sees the request at once; where etcd has
 * to be restarted, one waits for the other.
 */
export function limitOfServers(count: number): number {
  return 20_000 + 10_000 * count;
}

/**
 * Waits while other servers do their part of a leave, and says what is seen meanwhile.
 * @param missing what is not done yet, in words; nothing when all is.
 * @returns the TIMEOUT when the time ran out; what that means is for who asks to say.
 * @throws NecoError CANCELLED, and what `missing` throws
 */
export async function awaitServers(
  missing: () => Promise<string | undefined>,
  { reporter, ...limits }: Awaited,
): Promise<NecoError | undefined> {
  try {
    await waitFor(
      async () => {
        const seen = await missing();
        return seen === undefined ? { done: true, value: true } : { done: false, seen };
      },
      {
        ...limits,
        onState: (text) => {
          reporter.state(text);
        },
      },
    );
    return undefined;
  } catch (error) {
    if (error instanceof NecoError && error.code === 'TIMEOUT') return error;
    throw error;
  }
}
