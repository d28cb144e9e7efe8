import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { newRound } from '../records/leave-plan.ts';

/** What must be taken away is written down first: whoever goes on after a crash must not need what is gone by then. */
export const notePlan: Phase<LeaveView, LeaveContext> = {
  id: 'note-plan',
  title: 'Record what to remove',
  // Requested again while the member is there: what was cut for a run before may be open again.
  async isDone({ registry, facts }) {
    const plan = await registry.leavePlans.at(facts.lrn).get();
    return plan !== undefined && plan.step !== 'begun';
  },
  plan: ({ facts }) => [`write operations/leave/${String(facts.lrn)}/plan under the prefix of neco`],
  async run({ registry, facts: { lrn, name, address, mode, registration } }) {
    const record = registry.leavePlans.at(lrn);
    const begun = await record.get();
    await record.put({
      version: 1,
      lrn,
      name,
      address,
      mode,
      step: 'begun',
      serials: registration?.serials ?? [],
      startedAt: new Date().toISOString(),
      ...begun,
      cut: newRound(),
    });
  },
};
