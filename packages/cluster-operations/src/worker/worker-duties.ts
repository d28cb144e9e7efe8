import { finishJoin } from './duties/finish-join.ts';
import { followEndpoints } from './duties/follow-endpoints.ts';
import { keepRevocationLists } from './duties/keep-revocation-lists.ts';
import { keepSerialsRegistered } from './duties/keep-serials-registered.ts';
import { keepVaultUnsealed } from './duties/keep-vault-unsealed.ts';
import { followLeaves } from './duties/leave-follow.ts';
import type { WorkerDuty } from './worker-duty.ts';

/** What neco-worker sees to. */
export const workerDuties: readonly WorkerDuty[] = [
  keepVaultUnsealed,
  finishJoin,
  followEndpoints,
  keepRevocationLists,
  keepSerialsRegistered,
  followLeaves,
];
