import type { Phase } from '@neco/core';
import type { InitContext, InitView } from './init-context.ts';
import {
  allowSigning,
  checkDirectory,
  makeEtcdRole,
  makeEtcdUser,
  makeSigningRole,
  recordApplication,
} from './phases/make-application.ts';

/** An application from nothing. Vault comes first: who has no right there has changed nothing. */
export const initPhases: readonly Phase<InitView, InitContext>[] = [
  checkDirectory,
  makeSigningRole,
  allowSigning,
  makeEtcdRole,
  makeEtcdUser,
  recordApplication,
];
