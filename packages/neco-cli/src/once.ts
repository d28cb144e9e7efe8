/** Calls `ask` at most once and returns the same answer every time. */
export function once<T, Words extends unknown[]>(
  ask: (...words: Words) => Promise<T>,
): (...words: Words) => Promise<T> {
  let answer: Promise<T> | undefined;
  return (...words) => (answer ??= ask(...words));
}
