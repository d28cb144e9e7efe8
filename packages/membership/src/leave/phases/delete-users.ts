import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { isRevoked } from './revoke-certificates.ts';

export const deleteUsers: Phase<LeaveView, LeaveContext> = {
  id: 'delete-etcd-users',
  title: 'Delete its etcd users',
  isDone: async ({ access }) => (await isRevoked(access)) && (await access.users()).length === 0,
  plan: async ({ access }) => (await access.users()).map((user) => `delete the etcd user ${user}`),
  run: ({ access }) => access.deleteUsers(),
};
