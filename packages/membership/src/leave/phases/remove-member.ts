import type { LeavePlan } from '@neco/bootserver-registry';
import { NecoError, type Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** etcd itself lets go of it, through a member that stays. */
export const removeMember: Phase<LeaveView, LeaveContext> = {
  id: 'remove-member',
  title: 'Remove its etcd member',
  isDone: async ({ access }) =>
    (await access.member()) === undefined && (await access.plan())?.step !== 'begun',
  plan: ({ facts }) =>
    facts.member === undefined ? [] : [`remove the member ${facts.member.id} (${facts.name})`],
  async run({ access }) {
    const member = await access.member();
    if (member !== undefined) await access.removeMember(member.id);
    const plan = await planOf(access);
    if (plan.step === 'begun') await access.writePlan({ ...plan, step: 'removed' });
  },
};

/** The plan, where a phase comes after it was written. @throws NecoError ETCD_CONFLICT when somebody took it away */
export async function planOf(access: LeaveView['access']): Promise<LeavePlan> {
  const plan = await access.plan();
  if (plan !== undefined) return plan;
  throw new NecoError('ETCD_CONFLICT', 'the records of this leave are missing in etcd', {
    hint: 'check with neco status whether another run completed it',
  });
}
