const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Crockford's base32 in lower case, without padding and without his substitutes: one text for one value. */
export const setupSecretBase32 = {
  encode(bytes: Uint8Array): string {
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const groups = bits.match(/.{1,5}/g) ?? [];
    return groups.map((group) => alphabet.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
  },

  /** The bytes that `encode` made the text of; nothing when it made none such. */
  decode(text: string): Buffer | undefined {
    const bits = Array.from(text)
      .map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0'))
      .join('');
    const octets = bits.match(/.{8}/g) ?? [];
    const bytes = Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
    return setupSecretBase32.encode(bytes) === text ? bytes : undefined;
  },

  knows(character: string): boolean {
    return alphabet.includes(character);
  },
};
