import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** What a compromised server knew is what was in force as its leave began: what is rotated from then on counts. */
export const noteSecrets: Phase<LeaveView, LeaveContext> = {
  id: 'note-secrets',
  title: 'Record which secrets it knew',
  concerns: ({ compromised }) => compromised,
  isDone: ({ access }) => access.hasNotedSecrets(),
  plan: ({ facts }) => [`write operations/compromised/${String(facts.lrn)} under the prefix of neco`],
  run: ({ access }) => access.noteSecrets(),
};
