import type { Phase } from '@neco/core';
import { backupPath } from '../records/backup-path.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { membersOf } from '../facts/leave-facts.ts';

/**
 * The end: nothing secret stays on the disk, and no record of a leave that is under way. Where a server did not answer,
 * the records stay for that one: its own worker or updater does its part when it is back, and the last removes them.
 */
export const finishLeave: Phase<LeaveView, LeaveContext> = {
  id: 'finish',
  title: 'Clean up',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [`remove ${backupPath(facts.lrn)} and the records of the leave in etcd`],
  async run({ access, host, facts }) {
    const [plan] = await Promise.all([access.plan(), host.removeFile(backupPath(facts.lrn))]);
    const acknowledged = await access.acknowledgements('lists', plan?.round ?? '');
    // Without the plan it was ended already.
    const members = plan === undefined ? [] : membersOf(facts);
    await access.finish(members.filter((lrn) => acknowledged.get(lrn)?.connections !== 0));
  },
};
