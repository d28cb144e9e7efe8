import type { EtcdCluster } from '@neco/etcd-admin';

/** What lies below the first segment of its keys, such as `/vault/`. */
export interface PrefixSize {
  prefix: string;
  keys: number;
  /** Of keys and values, in bytes. */
  bytes: number;
}

/** How many keys are read at once; a value may have 1.5 MB. */
const page = 100;

/** What takes most of etcd, the largest first. Reads everything once; needs the role root. @throws NecoError ETCD_* */
export async function largestPrefixes(etcd: EtcdCluster, signal: AbortSignal): Promise<PrefixSize[]> {
  const sizes = new Map<string, PrefixSize>();
  let start = Buffer.from([0]);
  for (;;) {
    const request = { key: start, range_end: Buffer.from([0]), limit: page, serializable: true };
    const { kvs, more } = await etcd.call('read the sizes', (client) => client.kv.range(request), { signal });
    for (const { key, value } of kvs) add(sizes, key, key.length + value.length);
    const last = kvs.at(-1);
    if (!more || last === undefined) break;
    start = Buffer.concat([last.key, Buffer.from([0])]);
  }
  return [...sizes.values()].sort((one, other) => other.bytes - one.bytes);
}

function add(sizes: Map<string, PrefixSize>, key: Buffer, bytes: number): void {
  const text = key.toString();
  const prefix = /^\/[^/]*\//.exec(text)?.[0] ?? text;
  const known = sizes.get(prefix) ?? { prefix, keys: 0, bytes: 0 };
  sizes.set(prefix, { prefix, keys: known.keys + 1, bytes: known.bytes + bytes });
}
