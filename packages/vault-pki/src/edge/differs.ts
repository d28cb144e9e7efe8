import { isDeepStrictEqual } from 'node:util';

/** Whether any of the wanted fields differs from what is there. Other fields are ignored. */
export function differs(
  there: Readonly<Record<string, unknown>> | undefined,
  wanted: Readonly<Record<string, unknown>>,
): boolean {
  if (there === undefined) return true;
  return Object.entries(wanted).some(([field, value]) => !isDeepStrictEqual(there[field], value));
}
