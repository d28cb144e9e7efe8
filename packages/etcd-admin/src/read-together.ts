import { Range, type IKeyValue } from 'etcd3';
import type { EtcdCallOptions, EtcdCluster } from './etcd-cluster.ts';

/** A key, or all that begin with a prefix. */
export type KeySelection = ({ key: string } | { prefix: string }) & {
  /** Leaves the values in etcd: for secrets of which one only has to know whether they exist. */
  keysOnly?: boolean;
};

/**
 * Reads several ranges at one revision of the cluster by one request: a transaction without writes, which is linearizable
 * like a plain read. https://etcd.io/docs/v3.7/learning/api/#transaction
 * @param what as in "cannot read <what> at etcd …".
 * @returns the keys of each selection, in the order of the selections.
 * @throws NecoError ETCD_*; CANCELLED when the signal fires
 */
export async function readTogether(
  cluster: EtcdCluster,
  what: string,
  selections: readonly KeySelection[],
  options: EtcdCallOptions = {},
): Promise<ReadonlyMap<string, IKeyValue>[]> {
  const success = selections.map((selection) => ({
    request_range: { ...rangeOf(selection), keys_only: selection.keysOnly ?? false },
  }));
  const { responses } = await cluster.call(`read ${what}`, (client) => client.kv.txn({ success }), options);
  return responses.map(
    ({ response_range: { kvs } }) => new Map(kvs.map((entry) => [entry.key.toString(), entry])),
  );
}

function rangeOf(selection: KeySelection): { key: Buffer; range_end?: Buffer } {
  if ('key' in selection) return { key: Buffer.from(selection.key) };
  const { start, end } = Range.prefix(selection.prefix);
  return { key: Buffer.from(start), range_end: Buffer.from(end) };
}
