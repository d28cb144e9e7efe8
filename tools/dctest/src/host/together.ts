/**
 * As Promise.all, but where one fails the others are waited for all the same: nobody must be at work any more on what is
 * taken down next.
 */
export async function together<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
