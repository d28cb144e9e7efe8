const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A duration for people, the more exact the shorter it is: `12 days`, below two days `5 hours 20 minutes`, below two hours
 * `20 minutes`, below two minutes `50 s`. @param milliseconds rounded down; a negative one counts as nothing
 */
export function durationText(milliseconds: number): string {
  const rest = Math.max(0, milliseconds);
  if (rest < 2 * minute) return `${String(Math.floor(rest / 1000))} s`;
  if (rest < 2 * hour) return `${String(Math.floor(rest / minute))} minutes`;
  if (rest >= 2 * day) return `${String(Math.floor(rest / day))} days`;
  const minutes = Math.floor((rest % hour) / minute);
  return `${String(Math.floor(rest / hour))} hours ${String(minutes)} minutes`;
}
