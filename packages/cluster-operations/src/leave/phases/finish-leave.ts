import type { Phase } from '@neco/core';
import { backupPath } from '../backup-path.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** The end: nothing secret stays on the disk, and no record of a leave that is under way. */
export const finishLeave: Phase<LeaveView, LeaveContext> = {
  id: 'finish',
  title: 'Clear up after it',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [`remove ${backupPath(facts.lrn)} and the notes in etcd`],
  async run({ access, host, facts }) {
    await host.removeFile(backupPath(facts.lrn));
    await access.finish();
  },
};
