import { durationToMilliseconds, NecoError } from '@neco/core';

/**
 * Reads the value of an option that is a duration, such as `90s`, in milliseconds.
 * @throws NecoError USAGE
 */
export function parseDuration(option: string, text: string): number {
  const milliseconds = durationToMilliseconds(text);
  if (milliseconds > 0) return milliseconds;
  throw new NecoError('USAGE', `${option} ${JSON.stringify(text)} is not a duration`, {
    hint: 'a duration is a number above 0 with ms, s or m behind it, such as 90s or 10m',
  });
}
