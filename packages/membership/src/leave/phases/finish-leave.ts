import type { Phase } from '@neco/core';
import { membersOf } from '../facts/leave-facts.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { backupFiles, backupPath } from '../records/backup-path.ts';
import { finishRecords } from '../records/finish-records.ts';
import { readAcknowledgements } from '../records/leave-plan.ts';

/**
 * The end: nothing secret stays on the disk, and no record of a leave that is under way. Where a server did not answer,
 * the records stay for that one: its own worker or updater does its part when it is back, and the last removes them.
 */
export const finishLeave: Phase<LeaveView, LeaveContext> = {
  id: 'finish',
  title: 'Clean up',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [`remove ${backupPath(facts.lrn)} and the records of the leave in etcd`],
  async run({ registry, host, facts }) {
    const { lrn } = facts;
    const [plan] = await Promise.all([
      registry.leavePlans.at(lrn).get(),
      ...backupFiles(lrn).map((file) => host.removeFile(file)),
    ]);
    const acknowledged = await readAcknowledgements(registry, lrn, {
      part: 'lists',
      round: plan?.round ?? '',
    });
    // Without the plan it was ended already.
    const members = plan === undefined ? [] : membersOf(facts);
    const missing = members.filter((by) => acknowledged.get(by)?.connections !== 0);
    await finishRecords(registry, lrn, missing);
  },
};
