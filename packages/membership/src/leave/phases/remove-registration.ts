import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** The seed's step: remove the etcd key bootservers/LRN. */
export const removeRegistration: Phase<LeaveView, LeaveContext> = {
  id: 'remove-registration',
  title: 'Remove its registration',
  isDone: async ({ registry, facts }) => (await registry.bootServers.at(facts.lrn).get()) === undefined,
  plan: ({ facts }) => [`delete bootservers/${String(facts.lrn)} under the prefix of neco`],
  async run({ registry, facts }) {
    await registry.bootServers.at(facts.lrn).delete();
  },
};
