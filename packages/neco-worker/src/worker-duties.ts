import { finishJoin, followLeaves, keepSpace, registerVersion, restoreRegistration } from '@neco/membership';
import type { WorkerDuty } from '@neco/daemon';
import { followEndpoints } from './duties/follow-endpoints.ts';
import { keepRevocationLists } from './duties/keep-revocation-lists.ts';
import { keepSerialsRegistered } from './duties/keep-serials-registered.ts';
import { keepVaultUnsealed } from './duties/keep-vault-unsealed.ts';
import { rememberCertificates } from './duties/remember-certificates.ts';
import { restoreLinks } from './duties/restore-links.ts';

/** On a new boot server this comes before all that serves those who are there. */
export const joiningDuty: WorkerDuty = finishJoin;

/** What neco-worker sees to beside it. */
export const firstDuties: readonly WorkerDuty[] = [restoreLinks, keepVaultUnsealed];

/** And after it. */
export const otherDuties: readonly WorkerDuty[] = [
  followEndpoints,
  keepRevocationLists,
  keepSerialsRegistered,
  rememberCertificates,
  followLeaves,
  registerVersion,
  restoreRegistration,
  keepSpace,
];
