import { join } from 'node:path';
import type { Phase } from '@neco/core';
import { paths } from '../../paths.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** Where the database is saved for the time that members change. It holds secrets, so it goes when all is well. */
export const backupPath = (lrn: number): string => join(paths.state, `leave-${String(lrn)}.db`);

/** Proves by a read that the quorum stands behind that etcd works, and saves the database before a member goes. */
export const backUp: Phase<LeaveView, LeaveContext> = {
  id: 'back-up',
  title: 'Prove the quorum and save the database of etcd',
  isDone: async ({ access }) => (await access.member()) === undefined,
  plan: ({ facts }) => [`write ${backupPath(facts.lrn)} until the member is gone`],
  async run({ access, host, facts }) {
    await access.checkQuorum();
    await host.makeDirectory(paths.state, { mode: 0o700 });
    await access.snapshot(backupPath(facts.lrn));
  },
};

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
