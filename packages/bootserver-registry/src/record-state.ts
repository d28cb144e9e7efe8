import type { IKeyValue } from '@neco/etcd-admin';
import type { KeyParts } from './key-pattern.ts';
import { decodeRecord, type RecordKind } from './record-kind.ts';

/** One record with the variable parts of its key. */
export interface RecordEntry<P extends string, T> {
  key: KeyParts<P>;
  record: T;
}

/** What happened to one record; `removed` carries the last value. */
export type RecordChange<T, K extends unknown[] = unknown[]> =
  { kind: 'added' | 'removed'; key: K; record: T } | { kind: 'changed'; key: K; record: T; before: T };

/** Records of several kinds as they were at one revision of etcd. */
export class RecordState {
  readonly #prefix: string;
  readonly #entries: ReadonlyMap<string, IKeyValue>;

  /** @param prefix the root of neco's keys. */
  constructor(prefix: string, entries: ReadonlyMap<string, IKeyValue>) {
    this.#prefix = prefix;
    this.#entries = entries;
  }

  /** One record; undefined when there is none. @throws NecoError RECORD_INVALID */
  get<P extends string, T>(kind: RecordKind<P, T>, ...parts: KeyParts<P>): T | undefined {
    const key = `${this.#prefix}${kind.pattern.format(parts)}`;
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : decodeRecord(kind, key, entry.value);
  }

  /** The records of a kind, in the order of their keys. @throws NecoError RECORD_INVALID */
  entries<P extends string, T>(kind: RecordKind<P, T>): RecordEntry<P, T>[] {
    return this.#of(kind).map(({ key, entry }) => ({
      key,
      record: decodeRecord(kind, entry.key.toString(), entry.value),
    }));
  }

  /** The parts of the keys of a kind, in their order; the values are not looked at. */
  keys<P extends string>(kind: RecordKind<P>): KeyParts<P>[] {
    return this.#of(kind).map(({ key }) => key);
  }

  /** What leads from an earlier state to this one. @throws NecoError RECORD_INVALID */
  changesSince<P extends string, T>(
    before: RecordState,
    kind: RecordKind<P, T>,
  ): RecordChange<T, KeyParts<P>>[] {
    const was = new Map(before.#of(kind).map((one) => [one.entry.key.toString(), one]));
    const is = new Map(this.#of(kind).map((one) => [one.entry.key.toString(), one]));
    return [...was, ...[...is].filter(([key]) => !was.has(key))]
      .map(([name, { key }]) => ({ name, key }))
      .sort((one, other) => compareParts(one.key, other.key))
      .flatMap(({ name, key }) => changesOf(kind, key, was.get(name)?.entry, is.get(name)?.entry));
  }

  #of<P extends string>({ pattern }: RecordKind<P>): { key: KeyParts<P>; entry: IKeyValue }[] {
    return [...this.#entries]
      .flatMap(([name, entry]) => {
        const key = pattern.parse(name.slice(this.#prefix.length));
        return key === undefined ? [] : [{ key, entry }];
      })
      .sort((one, other) => compareParts(one.key, other.key));
  }
}

/** A record that was deleted and written again was removed and added, though its value may be the same. */
function changesOf<T, K extends unknown[]>(
  kind: RecordKind<string, T>,
  key: K,
  before?: IKeyValue,
  after?: IKeyValue,
): RecordChange<T, K>[] {
  const decode = (entry: IKeyValue): T => decodeRecord(kind, entry.key.toString(), entry.value);
  if (before?.mod_revision === after?.mod_revision) return [];
  if (before !== undefined && before.create_revision === after?.create_revision)
    return [{ kind: 'changed', key, record: decode(after), before: decode(before) }];
  return [
    ...(before === undefined ? [] : [{ kind: 'removed', key, record: decode(before) } as const]),
    ...(after === undefined ? [] : [{ kind: 'added', key, record: decode(after) } as const]),
  ];
}

/** LRNs by their numbers, names by their characters. */
function compareParts(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  for (const [index, part] of one.entries()) {
    const against = other[index];
    if (against === undefined || part === against) continue;
    return part < against ? -1 : 1;
  }
  return 0;
}
