import { durationToMilliseconds, messageOf, NecoError } from '@neco/core';

/**
 * Parses the value of a duration option, such as `90s`, into milliseconds. It must be greater than 0.
 * @throws NecoError USAGE
 */
export function parseDuration(option: string, text: string): number {
  try {
    const milliseconds = durationToMilliseconds(text);
    if (milliseconds > 0) return milliseconds;
  } catch (error) {
    throw invalid(`${option}: ${messageOf(error)}`);
  }
  throw invalid(`${option} ${JSON.stringify(text)}: must be greater than 0`);
}

function invalid(message: string): NecoError {
  return new NecoError('USAGE', message, {
    hint: 'use a number greater than 0 with a unit (ms, s, m or h), such as 90s, 10m or 1m30s',
  });
}
