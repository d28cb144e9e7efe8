import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

export const deleteKeys: Phase<LeaveView, LeaveContext> = {
  id: 'delete-keys',
  title: 'Delete its keys under update/ and election/',
  isDone: async ({ access }) => (await access.keys()).length === 0,
  plan: async ({ access }) => (await access.keys()).map((key) => `delete ${key}`),
  run: ({ access }) => access.deleteKeys(),
};
