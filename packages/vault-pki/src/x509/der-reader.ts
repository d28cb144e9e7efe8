/** The DER tags that neco reads and writes. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  utcTime: 0x17,
  generalizedTime: 0x18,
  extensions: 0xa0,
} as const;

export interface DerElement {
  tag: number;
  content: Uint8Array;
  /** With its tag and length. */
  whole: Uint8Array;
}

/**
 * Reads DER elements one after the other, as strictly as Go's `cryptobyte`: no indefinite or padded lengths. For the two
 * formats that `node:crypto` does not parse. The X.509 library takes longer to load than this takes to read a list, and
 * accepts what etcd rejects.
 */
export class DerReader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  /** The tag of the next element; undefined at the end. */
  get tag(): number | undefined {
    return this.#rest[0];
  }

  /** Reads the next element, which must have this tag. @throws Error */
  take(tag: number): DerElement {
    if (this.tag !== tag) throw new Error(`${hex(tag)} expected, ${hex(this.tag)} found`);
    const [header, length] = lengthOf(this.#rest);
    const end = header + length;
    if (end > this.#rest.length) throw new Error('cut off');
    const whole = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    return { tag, whole, content: whole.subarray(header) };
  }

  /** Reads the next element when it has this tag. */
  takeIf(tag: number): DerElement | undefined {
    return this.tag === tag ? this.take(tag) : undefined;
  }

  /** Reads the next element when it is a time. */
  takeTime(): DerElement | undefined {
    return this.takeIf(derTag.utcTime) ?? this.takeIf(derTag.generalizedTime);
  }

  /** Returns a reader of the next element's content. */
  enter(tag: number = derTag.sequence): DerReader {
    return new DerReader(this.take(tag).content);
  }

  /** @throws Error when it is not at the end. */
  end(): void {
    if (this.tag !== undefined) throw new Error('something behind its end');
  }
}

/** Length of the header and of the content of the element that begins here. */
function lengthOf(bytes: Uint8Array): [header: number, content: number] {
  const first = bytes[1] ?? Number.NaN;
  if (first < 0x80) return [2, first];
  const count = first & 0x7f;
  const length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  if (!(count >= 1 && count <= 4) || length < 0x80 || length < 256 ** (count - 1))
    throw new Error('not a length of DER');
  return [2 + count, length];
}

function hex(tag: number | undefined): string {
  return tag === undefined ? 'nothing' : `0x${tag.toString(16).padStart(2, '0')}`;
}
