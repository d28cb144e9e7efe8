import type { Phase } from '@neco/core';
import type { InitContext, InitView } from './init-context.ts';
import { allowSigning } from './phases/allow-signing.ts';
import { checkDirectory } from './phases/check-directory.ts';
import { makeEtcdRole } from './phases/make-etcd-role.ts';
import { makeEtcdUser } from './phases/make-etcd-user.ts';
import { makeSigningRole } from './phases/make-signing-role.ts';
import { recordApplication } from './phases/record-application.ts';

/** An application from nothing. Vault comes first: who has no right there has changed nothing. */
export const initPhases: readonly Phase<InitView, InitContext>[] = [
  checkDirectory,
  makeSigningRole,
  allowSigning,
  makeEtcdRole,
  makeEtcdUser,
  recordApplication,
];
