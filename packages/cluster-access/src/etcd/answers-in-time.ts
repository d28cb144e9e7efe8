import { inTime } from '@neco/core';

/** How much later than the first another may answer, in ms: a server without power would be waited for much longer. */
const grace = 600;

/**
 * The answers of those who answer, and soon after the first: a question to several servers of which some may be gone.
 * @throws AggregateError when none does
 */
export async function answersInTime<T>(questions: readonly Promise<T>[]): Promise<T[]> {
  await Promise.any(questions);
  const answers = questions.map((question) => {
    const answer = question.then(
      (value) => [value],
      () => [],
    );
    return inTime(answer, { limit: grace }, []);
  });
  return (await Promise.all(answers)).flat();
}
