export interface TimeLimit {
  /** How long the work may take, in milliseconds; as long as it does when left out. */
  limit?: number | undefined;
  /** Ends the wait as the limit does. */
  signal?: AbortSignal | undefined;
}

/**
 * Gives the result of `work`, or `otherwise` when that takes too long. The work is not stopped then: whoever began it ends it, and
 * its error is ignored. Rejects when `work` does in time.
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
  const timer = limit === undefined ? undefined : setTimeout(end, limit);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
