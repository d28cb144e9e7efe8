/** Addresses of boot servers, that of this one first where it is among them: what is near answers soonest. */
export function ownFirst(addresses: readonly string[], own: string): string[] {
  return [...addresses].sort((one, other) => Number(other === own) - Number(one === own));
}
