import type { Phase } from '@neco/core';
import type { InitLocalContext, InitLocalView } from './init-local-context.ts';
import { giveToApplication } from './phases/give-to-application.ts';
import { issueApplicationCertificate } from './phases/issue-application-certificate.ts';
import { putAuthority } from './phases/put-authority.ts';

/** What an application needs on one boot server. */
export const initLocalPhases: readonly Phase<InitLocalView, InitLocalContext>[] = [
  putAuthority,
  issueApplicationCertificate,
  giveToApplication,
];
