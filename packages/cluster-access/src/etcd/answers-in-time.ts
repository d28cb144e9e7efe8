import { setTimeout as delay } from 'node:timers/promises';

/** How much later than the first another may answer, in ms: a server without power would be waited for much longer. */
const grace = 600;

/**
 * The answers of those who answer, and soon after the first: a question to several servers of which some may be gone.
 * @throws AggregateError when none does
 */
export async function answersInTime<T>(questions: readonly Promise<T>[]): Promise<T[]> {
  await Promise.any(questions);
  const late = delay(grace, undefined, { ref: false }).then(() => []);
  const answers = questions.map((question) =>
    Promise.race([
      question.then(
        (answer) => [answer],
        () => [],
      ),
      late,
    ]),
  );
  return (await Promise.all(answers)).flat();
}
