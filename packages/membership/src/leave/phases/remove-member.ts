import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf } from '../records/leave-plan.ts';
import { leavingMember } from '../traces/leaving-member.ts';

/** etcd itself lets go of it, through a member that stays. */
export const removeMember: Phase<LeaveView, LeaveContext> = {
  id: 'remove-member',
  title: 'Remove its etcd member',
  isDone: async (view) =>
    (await leavingMember(view)) === undefined &&
    (await view.registry.leavePlans.at(view.facts.lrn).get())?.step !== 'begun',
  plan: ({ facts }) =>
    facts.member === undefined ? [] : [`remove the member ${facts.member.id} (${facts.name})`],
  async run(context) {
    const { etcd, registry, facts } = context;
    const member = await leavingMember(context);
    if (member !== undefined) await etcd.removeMember(member.id);
    const plan = await planOf(registry, facts.lrn);
    if (plan.step === 'begun') await registry.leavePlans.at(facts.lrn).put({ ...plan, step: 'removed' });
  },
};
