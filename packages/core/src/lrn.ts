import { NecoError } from './errors/neco-error.ts';

/** The largest logical rack number. */
export const maxLrn = 65_535;

const enough =
  'list all boot servers, as in "neco setup 0 1 2"; etcd needs three members to survive the loss of one';

/** Whether a text is an LRN: decimal digits only, without sign, space or leading zero. */
export function isLrn(text: string): boolean {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= maxLrn;
}

/**
 * Parses one LRN (logical rack number).
 *
 * @throws NecoError LRN_INVALID
 */
export function parseLrn(text: string): number {
  if (!isLrn(text)) {
    throw new NecoError('LRN_INVALID', `${JSON.stringify(text)} is not an LRN`, {
      hint: `use a whole number from 0 to ${String(maxLrn)}, in decimal digits without sign, space or leading zero`,
    });
  }
  return Number(text);
}

/**
 * Parses a list of LRNs: each valid, all distinct, at least `least` of them. Returns them in ascending order.
 * @param hint what to do if there are fewer.
 * @throws NecoError LRN_INVALID, LRN_LIST_INVALID
 */
export function parseLrnList(texts: readonly string[], least = 3, hint = enough): number[] {
  const lrns = texts.map(parseLrn);
  const twice = lrns.find((lrn, index) => lrns.indexOf(lrn) !== index);
  if (twice !== undefined) {
    throw new NecoError('LRN_LIST_INVALID', `LRN ${String(twice)} is given twice`, {
      hint: 'list every boot server once',
    });
  }
  if (lrns.length < least) {
    throw new NecoError(
      'LRN_LIST_INVALID',
      `${String(lrns.length)} ${lrns.length === 1 ? 'LRN' : 'LRNs'} given, at least ${String(least)} required`,
      { hint },
    );
  }
  return lrns.sort((a, b) => a - b);
}

/** The LRN in the name of a boot server; undefined of any other name. */
export function lrnOfName(name: string): number | undefined {
  const digits = /^boot-([0-9]+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The name of the boot server with this LRN, the same everywhere: `boot-<LRN>`. */
export function serverName(lrn: number): string {
  return `boot-${String(lrn)}`;
}
