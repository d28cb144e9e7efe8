import type { ReadableRecord, ReadableRecords } from './readable-records.ts';
import type { RecordFolder } from './record-folder.ts';
import type { Records, StoredRecord } from './records.ts';
import type { Registry } from './registry.ts';

interface ReadableFolder extends Pick<RecordFolder, 'read' | 'watch'> {
  of(lrn: number): ReadableFolder;
}

type Readable<T> =
  T extends StoredRecord<infer V>
    ? ReadableRecord<V>
    : T extends Records<infer P, infer V>
      ? ReadableRecords<P, V>
      : T extends RecordFolder
        ? ReadableFolder
        : never;

/** All that neco keeps in etcd, for code that only looks: none of these functions changes anything. */
export type RegistryReader = Pick<Registry, 'foreignKeys' | 'keysOf' | 'overview' | 'prefix'> & {
  readonly [N in keyof Registry as Readable<Registry[N]> extends never ? never : N]: Readable<Registry[N]>;
};
