import { recordKinds } from './record-kinds.ts';
import type { RecordState } from './record-state.ts';

/** A leave that is under way. */
export interface UnfinishedLeave {
  /** LRN of the server that leaves, or has left but for the part of others. */
  lrn: number;
  /** LRNs of the servers that did not answer and have not done their part. */
  awaited: readonly number[];
}

/** The leaves under way, by the keys of their records. */
export function unfinishedLeaves(state: RecordState): UnfinishedLeave[] {
  const awaits = state.keys(recordKinds.leaveAwaits);
  return state.keys(recordKinds.leavePlans).map(([lrn]) => ({
    lrn,
    awaited: awaits.filter(([of]) => of === lrn).map(([, by]) => by),
  }));
}
