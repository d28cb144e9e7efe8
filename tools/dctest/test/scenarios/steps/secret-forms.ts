/**
 * The forms in which a secret could be seen: as it is, in hex and in base64. Each also by its halves, for a packet may
 * end in the middle.
 */
export function formsOf(secret: string | Buffer): Buffer[] {
  const raw = Buffer.from(secret);
  const texts = [
    raw.toString('hex'),
    raw.toString('hex').toUpperCase(),
    raw.toString('base64').replace(/.=*$/, ''),
  ];
  return [raw, ...texts.map((text) => Buffer.from(text))].flatMap((form) => {
    const middle = Math.floor(form.length / 2);
    return [form.subarray(0, middle), form.subarray(middle)];
  });
}

/** The 128 random bits of a setup secret: 26 characters of Crockford's base32 after `neco1-`, the first bits first. */
export function secretBits(secret: string): Buffer {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const value = Array.from(secret.slice(6, 32)).reduce(
    (sum, character) => (sum << 5n) | BigInt(alphabet.indexOf(character)),
    0n,
  );
  return Buffer.from((value >> 2n).toString(16).padStart(32, '0'), 'hex');
}
