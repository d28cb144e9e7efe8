import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from './leave-context.ts';
import { backUp, finishLeave } from './phases/back-up.ts';
import { distributeRevocations } from './phases/distribute-revocations.ts';
import { moveLeadership } from './phases/move-leadership.ts';
import { notePlan } from './phases/note-plan.ts';
import { removeMember } from './phases/remove-member.ts';
import { stopServices } from './phases/stop-services.ts';
import {
  closeVault,
  deleteKeys,
  deleteUsers,
  removeRegistration,
  revokeCertificates,
} from './phases/take-access.ts';

/** A boot server out of the cluster: first its vote, then its name, then all that it could come back with. */
export const leavePhases: readonly Phase<LeaveView, LeaveContext>[] = [
  notePlan,
  backUp,
  moveLeadership,
  removeMember,
  stopServices,
  removeRegistration,
  deleteUsers,
  revokeCertificates,
  closeVault,
  deleteKeys,
  distributeRevocations,
  finishLeave,
];
