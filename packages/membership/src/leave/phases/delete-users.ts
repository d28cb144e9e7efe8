import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { isRevoked } from '../records/leave-plan.ts';
import { remainingEtcdUsers } from '../traces/etcd-users.ts';

export const deleteUsers: Phase<LeaveView, LeaveContext> = {
  id: 'delete-etcd-users',
  title: 'Delete its etcd users',
  isDone: async ({ etcd, registry, facts: { lrn } }) =>
    (await isRevoked(registry, lrn)) && (await remainingEtcdUsers(etcd, lrn)).length === 0,
  plan: async ({ etcd, facts }) =>
    (await remainingEtcdUsers(etcd, facts.lrn)).map((user) => `delete the etcd user ${user}`),
  async run({ etcd, facts }) {
    for (const user of await remainingEtcdUsers(etcd, facts.lrn)) await etcd.deleteUser(user);
  },
};
