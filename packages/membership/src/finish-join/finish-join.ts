import { runPhases, sleep, toNecoError, waitFor } from '@neco/core';
import { ChangingMessages, type WorkerContext, type WorkerDuty } from '@neco/daemon';
import { joinRecordFile, type JoinRecord } from '../join/join-record.ts';
import { etcdComplaint } from './etcd-complaint.ts';
import { giveUpJoin } from './give-up-join.ts';
import { activePhases, votingPhases } from './finish-phases.ts';
import type { FinishContext } from './finish-context.ts';

/** Pause before the member is tried again, in ms. */
const retryPause = 2000;

const again = 'systemctl restart neco-worker';

/** How often the record of the join is looked at while `neco join` is not through, in ms. */
const recordPause = 2000;

/** Ends what `neco join` began on this server: the etcd member, Vault, and the registration. */
export const finishJoin: WorkerDuty = {
  name: 'finish-join',
  async run(context, signal) {
    for (;;) {
      const record = await joinedRecord(context, signal);
      if (record === undefined) return;
      await finish(context, record, signal);
    }
  },
};

/** The record of a join whose command has ended, waited for; undefined when there is nothing to finish. */
async function joinedRecord(
  { host, reporter }: WorkerContext,
  signal: AbortSignal,
): Promise<JoinRecord | undefined> {
  return waitFor(
    async () => {
      const record = await joinRecordFile.read(host);
      if (record === undefined || record.finishedAt !== undefined) return { done: true, value: undefined };
      if (record.gaveUp !== undefined) {
        return {
          done: false,
          seen: `the join of this server failed: ${record.gaveUp}; run neco join again`,
        };
      }
      if (record.registeredAt === undefined) {
        return {
          done: false,
          seen: `the join of this server is not complete; to resume: neco join ${record.lrns.join(' ')}`,
        };
      }
      return { done: true, value: record };
    },
    {
      what: 'neco join',
      signal,
      maxPause: recordPause,
      onState: (text) => {
        reporter.warn(text);
      },
    },
  );
}

/** Tries until the member votes. @returns why it does not, when the time is over or the member was removed */
async function comeToVote(context: FinishContext, limit: AbortSignal): Promise<string | undefined> {
  const { worker, record, signal } = context;
  const messages = new ChangingMessages(worker.reporter);
  for (;;) {
    try {
      await runPhases(votingPhases, context, { reporter: worker.reporter, signal, again });
      return undefined;
    } catch (thrown) {
      const error = toNecoError(thrown);
      if (error.code === 'FOREIGN_DATA') return error.message;
      if (limit.aborted) {
        const complaint = await etcdComplaint(worker.host).catch(() => undefined);
        const etcd = complaint === undefined ? '' : `; etcd says: ${complaint}`;
        return `not promoted within ${String(Math.round(record.promotionLimit / 1000))} s: ${error.message}${etcd}`;
      }
      if (signal.aborted) throw error;
      messages.warn(`finish-join: ${error.message}`);
    }
    await sleep(retryPause, signal);
  }
}

async function finish(worker: WorkerContext, record: JoinRecord, signal: AbortSignal): Promise<void> {
  const { reporter, host } = worker;
  const limit = AbortSignal.timeout(record.promotionLimit);
  const context: FinishContext = {
    worker,
    record,
    self: await worker.self(),
    signal: AbortSignal.any([signal, limit]),
  };
  const reason = await comeToVote(context, limit);
  if (reason !== undefined) {
    await giveUpJoin(worker, record, reason);
    return;
  }
  await runPhases(activePhases, { ...context, signal }, { reporter, signal, again });
  await joinRecordFile.write(host, { ...record, finishedAt: new Date().toISOString() });
  reporter.info(`${context.self.name} is now a boot server`);
}
