import type { Phase } from '@neco/core';
import { checkMembership } from './phases/check-membership.ts';
import { putFilesAside } from './phases/put-files-aside.ts';
import { stopDaemons } from './phases/stop-daemons.ts';
import type { ResetContext, ResetView } from './reset-context.ts';

/** `neco reset`, in order. */
export const resetPhases: readonly Phase<ResetView, ResetContext>[] = [
  checkMembership,
  stopDaemons,
  putFilesAside,
];
