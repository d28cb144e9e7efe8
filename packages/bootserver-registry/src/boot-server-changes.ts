import type { IKeyValue } from '@neco/etcd-admin';
import { bootServerSchema, type BootServer } from './boot-server.ts';
import { parseRecord } from './parse-record.ts';

/** What became of one boot server; `removed` carries it as it was last. */
export type BootServerChange =
  | { kind: 'added' | 'removed'; server: BootServer }
  | { kind: 'changed'; server: BootServer; before: BootServer };

type Entries = ReadonlyMap<string, IKeyValue>;

/**
 * What leads from one state of the registry to a later one, by LRN. A server that left and came back between them was
 * removed and added, though its record may be the same.
 * @throws NecoError RECORD_INVALID
 */
export function bootServerChanges(before: Entries, after: Entries): BootServerChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .flatMap((key) => changesOf(key, before.get(key), after.get(key)))
    .sort((one, other) => one.server.lrn - other.server.lrn);
}

function changesOf(key: string, before?: IKeyValue, after?: IKeyValue): BootServerChange[] {
  const parse = ({ value }: IKeyValue): BootServer => parseRecord(bootServerSchema, key, value);
  if (before?.mod_revision === after?.mod_revision) return [];
  if (before !== undefined && before.create_revision === after?.create_revision)
    return [{ kind: 'changed', server: parse(after), before: parse(before) }];
  return [
    ...(before === undefined ? [] : [{ kind: 'removed', server: parse(before) } as const]),
    ...(after === undefined ? [] : [{ kind: 'added', server: parse(after) } as const]),
  ];
}
