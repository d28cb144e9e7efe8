import { NecoError } from '@neco/core';
import type { Etcd3, IOperation, IResponseOp, ITxnResponse } from 'etcd3';

/** What a transaction demands of a key: its revision of that kind, 0 for a key that does not exist. */
export interface Condition {
  key: string;
  column: 'Create' | 'Mod';
  is: '==' | '>';
  revision: number | string;
}

/** A transaction, which changes all or nothing. */
export interface Transaction {
  /** A key that it changes. */
  key: string;
  conditions?: readonly Condition[];
  /** Puts and deletes; called once for each endpoint that is tried. */
  operations: (client: Etcd3) => readonly IOperation[] | Promise<readonly IOperation[]>;
}

/** What came of it. */
export interface Committed {
  /** Whether the conditions held; if not, nothing was changed. */
  succeeded: boolean;
  /** How many keys were deleted. */
  deleted: number;
}

/** The key of a lock as its holder put it. */
export interface LockKey {
  key: string;
  createRevision: string;
}

/**
 * Commits a transaction, under a lock only as long as it is held: a write that comes too late changes nothing, however late.
 * @throws NecoError ETCD_CONFLICT when the lock is not held any more
 */
export async function commit(
  client: Etcd3,
  { key, conditions = [], operations }: Transaction,
  lock: LockKey | undefined,
): Promise<Committed> {
  const held: Condition[] =
    lock === undefined ? [] : [{ key: lock.key, column: 'Create', is: '==', revision: lock.createRevision }];
  // A revision is never negative: true of every key, for a transaction that demands nothing.
  const always: Condition = { key, column: 'Mod', is: '>', revision: -1 };
  const [first = always, ...others] = [...held, ...conditions];
  const started = client.if(first.key, first.column, first.is, first.revision);
  for (const other of others) started.and(other.key, other.column, other.is, other.revision);
  started.then(...(await operations(client)));
  if (lock !== undefined) started.else(client.get(lock.key));
  const answer = await started.commit();
  if (!answer.succeeded && lock !== undefined && !isHeld(answer, lock)) throw lockLost(lock.key);
  return { succeeded: answer.succeeded, deleted: answer.succeeded ? deletedBy(answer) : 0 };
}

function deletedBy({ responses }: ITxnResponse): number {
  // etcd3 gives of each response only the kind that it is of; its types say all.
  return responses.reduce(
    (sum, { response_delete_range: range }: Partial<IResponseOp>) => sum + Number(range?.deleted ?? 0),
    0,
  );
}

function isHeld({ responses }: ITxnResponse, { createRevision }: LockKey): boolean {
  return responses[0]?.response_range.kvs[0]?.create_revision === createRevision;
}

/** The error of who wants to change something and holds the lock no more. */
export function lockLost(key: string): NecoError {
  return new NecoError('ETCD_CONFLICT', `the lock ${key} was lost; nothing was written`, {
    hint: 'another may hold it by now: check what was done, and run it again',
  });
}
