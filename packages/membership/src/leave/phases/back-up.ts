import type { Phase } from '@neco/core';
import { paths } from '@neco/cluster-access';
import { backupPath } from '../records/backup-path.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** Proves by a read that the quorum stands behind that etcd works, and saves the database before a member goes. */
export const backUp: Phase<LeaveView, LeaveContext> = {
  id: 'back-up',
  title: 'Verify the quorum and back up etcd',
  isDone: async ({ access }) => (await access.member()) === undefined,
  plan: ({ facts }) => [`write the backup ${backupPath(facts.lrn)}`],
  async run({ access, host, facts }) {
    await access.checkQuorum();
    await host.makeDirectory(paths.state, { mode: 0o700 });
    await access.snapshot(backupPath(facts.lrn));
  },
};
