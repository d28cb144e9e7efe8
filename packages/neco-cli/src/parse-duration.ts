import { durationToMilliseconds, messageOf, NecoError } from '@neco/core';

/**
 * Reads the value of an option that is a duration above 0, such as `90s`, in milliseconds.
 * @throws NecoError USAGE
 */
export function parseDuration(option: string, text: string): number {
  try {
    const milliseconds = durationToMilliseconds(text);
    if (milliseconds > 0) return milliseconds;
  } catch (error) {
    throw invalid(`${option}: ${messageOf(error)}`);
  }
  throw invalid(`${option} ${JSON.stringify(text)} is no time at all`);
}

function invalid(message: string): NecoError {
  return new NecoError('USAGE', message, {
    hint: 'write a number above 0 and a unit (ms, s, m or h), such as 90s, 10m or 1m30s',
  });
}
