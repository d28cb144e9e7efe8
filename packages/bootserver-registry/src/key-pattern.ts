import { NecoError } from '@neco/core';

/** The variable parts of a key pattern, in their order: `<NAME>` is a text without slashes, all others are LRNs. */
export type KeyParts<P extends string> = P extends `${string}<${infer Part}>${infer Rest}`
  ? [part: Part extends 'NAME' ? string : number, ...rest: KeyParts<Rest>]
  : [];

const part = /<([A-Z]+)>/g;

/** Where the records of one kind lie under the prefix, as in `bootservers/<LRN>`. */
export class KeyPattern<P extends string = string> {
  readonly text: P;
  readonly #names: readonly string[];
  readonly #expression: RegExp;

  constructor(text: P) {
    this.text = text;
    this.#names = [...text.matchAll(part)].map(([, name = '']) => name);
    const source = text.replace(part, (_, name) => (name === 'NAME' ? '([^/]+)' : '([0-9]+)'));
    this.#expression = new RegExp(`^${source}$`);
  }

  /** The first segment with its slash, or the whole key where there is no slash. */
  get top(): string {
    return /^[^/]*\/?/.exec(this.text)?.[0] ?? this.text;
  }

  /** The key for some parts, or, when the last ones are missing, what all keys with these parts begin with. */
  format(parts: readonly (string | number)[]): string {
    const values = parts.map(String);
    const invalid = values.find(
      (value, index) => !(this.#names[index] === 'NAME' ? /^[^/]+$/ : /^[0-9]+$/).test(value),
    );
    if (invalid !== undefined)
      throw new NecoError('INTERNAL', `${JSON.stringify(invalid)} is not a part of ${this.text}`);
    const filled = this.text.replace(part, (whole) => values.shift() ?? whole);
    return filled.replace(/<.*$/s, '');
  }

  /** The parts of a key; undefined when the key is not of this kind. */
  parse(key: string): KeyParts<P> | undefined {
    const found = this.#expression.exec(key)?.slice(1);
    // The pattern's type says which parts are numbers; the compiler cannot follow the expression.
    return found?.map((text, index) => (this.#names[index] === 'NAME' ? text : Number(text))) as
      KeyParts<P> | undefined;
  }
}
