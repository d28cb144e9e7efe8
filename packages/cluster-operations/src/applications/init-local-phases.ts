import type { Phase } from '@neco/core';
import type { InitLocalContext, InitLocalView } from './init-local-context.ts';
import {
  giveToApplication,
  issueApplicationCertificate,
  putAuthority,
} from './phases/issue-application-certificate.ts';

/** What an application needs on one boot server. */
export const initLocalPhases: readonly Phase<InitLocalView, InitLocalContext>[] = [
  putAuthority,
  issueApplicationCertificate,
  giveToApplication,
];
