import type { Phase } from '@neco/core';
import { noteSecrets as noteSecretsInForce } from '../compromised/secrets-in-force.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** What a compromised server knew is what was in force as its leave began: what is rotated from then on counts. */
export const noteSecrets: Phase<LeaveView, LeaveContext> = {
  id: 'note-secrets',
  title: 'Record which secrets it knew',
  concerns: ({ compromised }) => compromised,
  async isDone({ registry, facts: { lrn } }) {
    const plan = await registry.leavePlans.at(lrn).get();
    return plan !== undefined && (await registry.compromised.at(lrn).get())?.leave === plan.startedAt;
  },
  plan: ({ facts }) => [`write operations/compromised/${String(facts.lrn)} under the prefix of neco`],
  async run(context) {
    const { lrn } = context.facts;
    await noteSecretsInForce(context, lrn, await context.registry.leavePlans.at(lrn).get());
  },
};
