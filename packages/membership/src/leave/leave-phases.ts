import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView, LocalLeaveContext } from './leave-context.ts';
import { backUp } from './phases/back-up.ts';
import { closeConnections } from './phases/connections/close-connections.ts';
import { closeVault } from './phases/close-vault.ts';
import { cutConnections } from './phases/connections/cut-connections.ts';
import { cutOwnConnections } from './phases/connections/cut-own-connections.ts';
import { deleteKeys } from './phases/delete-keys.ts';
import { deleteUsers } from './phases/delete-users.ts';
import { distributeRevocations } from './phases/distribute-revocations.ts';
import { finishLeave } from './phases/finish-leave.ts';
import { moveLeadership } from './phases/move-leadership.ts';
import { notePlan } from './phases/note-plan.ts';
import { noteSecrets } from './phases/note-secrets.ts';
import { removeMember } from './phases/remove-member.ts';
import { removeRegistration } from './phases/remove-registration.ts';
import { revokeCertificates } from './phases/revoke-certificates.ts';
import { stopServices } from './phases/stop-services.ts';
import { stopVault } from './phases/stop-vault.ts';

/** Phases before the log-in and the change lock, which work only over connections that answer. */
export const localPhases: readonly Phase<LeaveView, LocalLeaveContext>[] = [cutOwnConnections];

/** A boot server out of the cluster: first its vote, then its name, then all that it could come back with. */
export const leavePhases: readonly Phase<LeaveView, LeaveContext>[] = [
  notePlan,
  noteSecrets,
  backUp,
  moveLeadership,
  stopVault,
  cutConnections,
  removeMember,
  stopServices,
  removeRegistration,
  deleteUsers,
  // Vault first: what had something signed between the two would keep it.
  closeVault,
  revokeCertificates,
  deleteKeys,
  distributeRevocations,
  closeConnections,
  finishLeave,
];
