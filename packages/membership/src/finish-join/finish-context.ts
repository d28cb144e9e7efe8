import type { WorkerContext, WorkerSelf } from '@neco/daemon';
import type { JoinRecord } from '../join/join-record.ts';

/** What a phase of the worker's part of a join works with. */
export interface FinishContext {
  readonly worker: WorkerContext;
  readonly self: WorkerSelf;
  readonly record: JoinRecord;
  readonly signal: AbortSignal;
}
