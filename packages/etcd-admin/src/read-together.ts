import { Range, type IKeyValue } from 'etcd3';
import type { EtcdCluster } from './etcd-cluster.ts';

/** A key, or all that begin with a prefix. */
export type KeySelection = ({ key: string } | { prefix: string }) & {
  /** Whether the values stay where they are: for secrets of which only their being there counts. */
  keysOnly?: boolean;
};

/**
 * Reads several ranges at one revision of the cluster, by one request: a transaction that changes nothing, which is
 * linearizable as a plain read is. https://etcd.io/docs/v3.7/learning/api/#transaction
 * @param what as in "cannot read <what> at etcd …".
 * @returns what each selection has, in their order.
 * @throws NecoError ETCD_*
 */
export async function readTogether(
  cluster: EtcdCluster,
  what: string,
  selections: readonly KeySelection[],
): Promise<ReadonlyMap<string, IKeyValue>[]> {
  const success = selections.map((selection) => ({
    request_range: { ...rangeOf(selection), keys_only: selection.keysOnly ?? false },
  }));
  const { responses } = await cluster.call(`read ${what}`, (client) => client.kv.txn({ success }));
  return responses.map(
    ({ response_range: { kvs } }) => new Map(kvs.map((entry) => [entry.key.toString(), entry])),
  );
}

function rangeOf(selection: KeySelection): { key: Buffer; range_end?: Buffer } {
  if ('key' in selection) return { key: Buffer.from(selection.key) };
  const { start, end } = Range.prefix(selection.prefix);
  return { key: Buffer.from(start), range_end: Buffer.from(end) };
}
