/** An id as the API has it (decimal) the way etcdctl prints it. */
export function memberIdFromApi(decimal: string): string {
  return BigInt(decimal).toString(16);
}

/** The reverse of `memberIdFromApi`. */
export function memberIdToApi(hexadecimal: string): string {
  return BigInt(`0x${hexadecimal}`).toString();
}
