import type { Phase } from '@neco/core';
import { paths } from '@neco/cluster-access';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { backupPath } from '../records/backup-path.ts';
import { leavingMember } from '../traces/leaving-member.ts';

/** Proves by a read that the quorum stands behind that etcd works, and saves the database before a member goes. */
export const backUp: Phase<LeaveView, LeaveContext> = {
  id: 'back-up',
  title: 'Verify the quorum and back up etcd',
  isDone: async (view) => (await leavingMember(view)) === undefined,
  plan: ({ facts }) => [`write the backup ${backupPath(facts.lrn)}`],
  async run({ etcd, host, facts }) {
    await etcd.checkQuorum();
    await host.makeDirectory(paths.state, { mode: 0o700 });
    await etcd.snapshot(backupPath(facts.lrn));
  },
};
