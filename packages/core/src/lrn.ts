import { NecoError } from './neco-error.ts';

/** The largest logical rack number. */
export const maxLrn = 65_535;

const enough =
  'etcd needs three members to survive the loss of one: name all boot servers, as in "neco setup 0 1 2"';

/** Whether a text is an LRN as an admin types it: decimal digits only, no sign, space or leading zero. */
export function isLrn(text: string): boolean {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= maxLrn;
}

/**
 * Reads one logical rack number as an admin types it.
 *
 * @throws NecoError LRN_INVALID
 */
export function parseLrn(text: string): number {
  if (!isLrn(text)) {
    throw new NecoError('LRN_INVALID', `${JSON.stringify(text)} is not an LRN`, {
      hint: `an LRN is a whole number from 0 to ${String(maxLrn)}, in decimal digits without sign, space or leading zero`,
    });
  }
  return Number(text);
}

/**
 * Reads a list of LRNs: each valid, all distinct, at least `least` of them. Gives them in ascending order.
 * @param hint what to do when there are fewer.
 * @throws NecoError LRN_INVALID, LRN_LIST_INVALID
 */
export function parseLrnList(texts: readonly string[], least = 3, hint = enough): number[] {
  const lrns = texts.map(parseLrn);
  const twice = lrns.find((lrn, index) => lrns.indexOf(lrn) !== index);
  if (twice !== undefined) {
    throw new NecoError('LRN_LIST_INVALID', `LRN ${String(twice)} is given twice`, {
      hint: 'name every boot server once',
    });
  }
  if (lrns.length < least) {
    throw new NecoError(
      'LRN_LIST_INVALID',
      `${String(lrns.length)} LRNs given, at least ${String(least)} ${least === 1 ? 'is' : 'are'} needed`,
      { hint },
    );
  }
  return lrns.sort((a, b) => a - b);
}

/** The name that the boot server with this LRN has everywhere: `boot-<LRN>`. */
export function serverName(lrn: number): string {
  return `boot-${String(lrn)}`;
}
