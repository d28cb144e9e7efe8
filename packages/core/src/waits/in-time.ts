export interface TimeLimit {
  /** How long the work may take, in milliseconds; without it there is no limit. */
  limit?: number | undefined;
  /** Ends the wait as the limit does. */
  signal?: AbortSignal | undefined;
}

/**
 * Returns the result of `work`, or `otherwise` when it takes too long. The work is not stopped then: its caller stops it, and its error is
 * ignored. Rejects if `work` rejects in time.
 */
export async function inTime<T, Late>(
  work: Promise<T>,
  { limit, signal }: TimeLimit,
  otherwise: Late,
): Promise<T | Late> {
  const { promise: over, resolve } = Promise.withResolvers<Late>();
  const end = (): void => {
    resolve(otherwise);
  };
  // After a busy moment Node runs timers before it looks what has arrived: that counts as in time.
  const timer = limit === undefined ? undefined : setTimeout(() => setImmediate(end), limit);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
