/** The longest time for which the writer had no answer. */
export interface Pause {
  /** In milliseconds. */
  readonly duration: number;
  /** When the last answer before it came, in milliseconds since the epoch. */
  readonly since: number;
}

/**
 * The longest pause between answers.
 * @param moments - When answers came, in order, in milliseconds since the epoch.
 * @param from - Where to begin, as `to` in milliseconds since the epoch. A pause of which only a part lies between the two
 *   counts as a whole; one that has not ended counts until `to`.
 */
export function longestPause(moments: readonly number[], from: number, to: number): Pause {
  let longest: Pause = { duration: 0, since: from };
  let last = moments.findLast((moment) => moment <= from) ?? from;
  for (const moment of [...moments.filter((one) => one > from), to]) {
    if (moment - last > longest.duration) longest = { duration: moment - last, since: last };
    if (moment >= to) break;
    last = moment;
  }
  return longest;
}
