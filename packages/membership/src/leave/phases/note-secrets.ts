import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** What a server in strange hands knew is what was in force as its leave began: what is rotated from then on counts. */
export const noteSecrets: Phase<LeaveView, LeaveContext> = {
  id: 'note-secrets',
  title: 'Note down which keys it knew',
  concerns: ({ compromised }) => compromised,
  isDone: ({ access }) => access.hasNotedSecrets(),
  plan: ({ facts }) => [`write operations/compromised/${String(facts.lrn)} under the prefix of neco`],
  run: ({ access }) => access.noteSecrets(),
};
