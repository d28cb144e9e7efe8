import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

export const deleteKeys: Phase<LeaveView, LeaveContext> = {
  id: 'delete-keys',
  title: 'Delete its keys under update/, troubles/ and election/',
  isDone: async ({ registry, facts }) => (await registry.keysOf(facts.lrn)).length === 0,
  plan: async ({ registry, facts }) => (await registry.keysOf(facts.lrn)).map((key) => `delete ${key}`),
  run: ({ registry, facts }) => registry.deleteKeysOf(facts.lrn),
};
