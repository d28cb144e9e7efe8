import {
  readPrefix,
  watchPrefix,
  type EtcdCluster,
  type IKeyValue,
  type WatchPrefixOptions,
} from '@neco/etcd-admin';
import type { KeyParts } from './key-pattern.ts';
import { decodeRecord, type RecordKind } from './record-kind.ts';
import { RecordState, type RecordChange, type RecordEntry } from './record-state.ts';

/** How a record is read once. */
export interface ReadOptions {
  /** Stops the wait for etcd; the read then fails with CANCELLED. */
  signal?: AbortSignal;
}

/** One record, to read. Every method throws NecoError ETCD_*, and RECORD_INVALID when the value is not what neco writes. */
export class ReadableRecord<T> {
  protected readonly cluster: EtcdCluster;
  protected readonly kind: RecordKind<string, T>;
  /** The whole key in etcd. */
  readonly key: string;

  constructor(cluster: EtcdCluster, kind: RecordKind<string, T>, key: string) {
    this.cluster = cluster;
    this.kind = kind;
    this.key = key;
  }

  /** The record; undefined when there is none. @throws NecoError CANCELLED when the signal fires */
  async get(options: ReadOptions = {}): Promise<T | undefined> {
    const entry = await this.read(options);
    return entry === undefined ? undefined : this.decode(entry);
  }

  /** The record, at once and again after each change, until the signal fires. */
  async *watch(options: WatchPrefixOptions = {}): AsyncGenerator<T | undefined, void, void> {
    for await (const { entries } of watchPrefix(this.cluster, this.key, options)) {
      const entry = entries.get(this.key);
      yield entry === undefined ? undefined : this.decode(entry);
    }
  }

  protected async read(options: ReadOptions = {}): Promise<IKeyValue | undefined> {
    const { kvs } = await this.cluster.call(
      `read ${this.key}`,
      (client) => client.get(this.key).exec(),
      options,
    );
    return kvs[0];
  }

  protected decode({ value }: IKeyValue): T {
    return decodeRecord(this.kind, this.key, value);
  }
}

/** All records of one kind, to read. Lists are in the order of the keys: by LRN, by name. */
export class ReadableRecords<P extends string, T> {
  protected readonly cluster: EtcdCluster;
  protected readonly prefix: string;
  protected readonly kind: RecordKind<P, T>;

  constructor(cluster: EtcdCluster, prefix: string, kind: RecordKind<P, T>) {
    this.cluster = cluster;
    this.prefix = prefix;
    this.kind = kind;
  }

  /** What all keys of this kind begin with, as in `/neco/bootservers/`. */
  get folder(): string {
    return this.keyOf([]);
  }

  /** One of them. @param parts the variable parts of the key, as in `at(3)` for `bootservers/<LRN>` */
  at(...parts: KeyParts<P>): ReadableRecord<T> {
    return new ReadableRecord(this.cluster, this.kind, this.keyOf(parts));
  }

  /**
   * All records with the parts of their keys.
   * @param leading the first parts of the key, to read only those records: all answers to one question
   * @throws NecoError ETCD_*, RECORD_INVALID, CANCELLED when the signal fires
   */
  async entries(
    leading: Partial<KeyParts<P>> = [] as never,
    options: ReadOptions = {},
  ): Promise<RecordEntry<P, T>[]> {
    const { entries } = await readPrefix(this.cluster, this.keyOf(leading), options);
    return new RecordState(this.prefix, entries).entries(this.kind);
  }

  /** All records. @throws NecoError ETCD_*, RECORD_INVALID, CANCELLED when the signal fires */
  async list(options: ReadOptions = {}): Promise<T[]> {
    return (await this.entries([] as never, options)).map(({ record }) => record);
  }

  /** All records, at once and again after each change, until the signal fires. @throws NecoError ETCD_*, RECORD_INVALID */
  async *watch(options: WatchPrefixOptions = {}): AsyncGenerator<T[], void, void> {
    for await (const { entries } of watchPrefix(this.cluster, this.keyOf([]), options)) {
      yield new RecordState(this.prefix, entries).entries(this.kind).map(({ record }) => record);
    }
  }

  /**
   * What happens to the records, until the signal fires: first each that exists, as added, then each change. After an
   * interruption it resumes from what it yielded last, so no change is missed: of several changes to one record only the
   * outcome may be yielded, and one that was deleted and written again is removed and added.
   * @throws NecoError ETCD_*, RECORD_INVALID
   */
  async *watchChanges(
    options: WatchPrefixOptions = {},
  ): AsyncGenerator<RecordChange<T, KeyParts<P>>, void, void> {
    let before = new RecordState(this.prefix, new Map());
    for await (const { entries } of watchPrefix(this.cluster, this.keyOf([]), options)) {
      const after = new RecordState(this.prefix, entries);
      yield* after.changesSince(before, this.kind);
      before = after;
    }
  }

  protected keyOf(parts: readonly unknown[]): string {
    return `${this.prefix}${this.kind.pattern.format(parts as (string | number)[])}`;
  }
}
