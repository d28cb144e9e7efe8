import { ensureServerUsers, etcdUsersOf } from '@neco/cluster-access';
import type { Phase } from '@neco/core';
import { administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/** The users of etcd by whose names this server's neco and Vault log in. */
export const allowInEtcd: Phase<JoinView, JoinContext> = {
  id: 'allow-in-etcd',
  title: 'Create the etcd users of this server',
  isDone: ({ world }) => world.isAllowedInEtcd(),
  plan: ({ lrn }) => [`create the etcd users ${etcdUsersOf(lrn).join(' and ')}`],
  async run(context) {
    await ensureServerUsers(administrationOf(context).etcd, context.lrn);
  },
};
