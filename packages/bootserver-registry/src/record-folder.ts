import { readPrefix, watchPrefix, type EtcdCluster, type WatchPrefixOptions } from '@neco/etcd-admin';
import type { ReadOptions } from './readable-records.ts';
import { RecordState } from './record-state.ts';

/** Records of several kinds that belong together, read at one revision: all that an operation has in etcd. */
export class RecordFolder {
  readonly #cluster: EtcdCluster;
  readonly #prefix: string;
  readonly #key: string;

  /** @param folder under the prefix, with its slash, as in `operations/leave/` */
  constructor(cluster: EtcdCluster, prefix: string, folder: string) {
    this.#cluster = cluster;
    this.#prefix = prefix;
    this.#key = `${prefix}${folder}`;
  }

  /** The part of one boot server. */
  of(lrn: number): RecordFolder {
    return new RecordFolder(
      this.#cluster,
      this.#prefix,
      `${this.#key.slice(this.#prefix.length)}${String(lrn)}/`,
    );
  }

  /** Everything in it. @throws NecoError ETCD_*; CANCELLED when the signal fires */
  async read(options: ReadOptions = {}): Promise<RecordState> {
    const { entries } = await readPrefix(this.#cluster, this.#key, options);
    return new RecordState(this.#prefix, entries);
  }

  /** Everything in it, at once and again after each change, until the signal fires. @throws NecoError ETCD_* */
  async *watch(options: WatchPrefixOptions = {}): AsyncGenerator<RecordState, void, void> {
    for await (const { entries } of watchPrefix(this.#cluster, this.#key, options))
      yield new RecordState(this.#prefix, entries);
  }

  /** Deletes everything in it. @throws NecoError ETCD_* */
  async delete(): Promise<void> {
    await this.#cluster.commit(`delete ${this.#key}`, {
      key: this.#key,
      operations: (client) => [client.delete().prefix(this.#key)],
    });
  }
}
