import { NecoError } from '@neco/core';

const units = { s: 1, m: 60, h: 3600 };

/**
 * Converts a duration that Vault accepts, in whole seconds, minutes or hours (`30s`, `10m`, `2160h`), to seconds, to compare
 * it with the seconds that Vault returns.
 *
 * @throws NecoError INTERNAL when it is not a duration.
 */
export function durationToSeconds(text: string): number {
  const match = /^([0-9]+)(s|m|h)$/.exec(text);
  const unit = match?.[2];
  if (unit !== 's' && unit !== 'm' && unit !== 'h') {
    throw new NecoError('INTERNAL', `${JSON.stringify(text)} is not a duration such as 30s, 10m or 2160h`);
  }
  return Number(match?.[1]) * units[unit];
}
