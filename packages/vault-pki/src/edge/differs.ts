import { isDeepStrictEqual } from 'node:util';

/** Whether any of the wanted fields is another in what is there. Fields that are not wanted are nobody's business. */
export function differs(
  there: Readonly<Record<string, unknown>> | undefined,
  wanted: Readonly<Record<string, unknown>>,
): boolean {
  if (there === undefined) return true;
  return Object.entries(wanted).some(([field, value]) => !isDeepStrictEqual(there[field], value));
}
