import type { Phase } from '@neco/core';
import { installPackages } from '@neco/cluster-access';
import { checkThisServer } from './phases/check-this-server.ts';
import { configureDaemons } from './phases/configure-daemons.ts';
import { importAuthorities } from './phases/import-authorities.ts';
import { initializeVault } from './phases/initialize-vault.ts';
import { meetTheOthers } from './phases/meet-the-others.ts';
import { obtainInitialCertificates } from './phases/obtain-initial-certificates.ts';
import { prepareAuthorities } from './phases/prepare-authorities.ts';
import { protectEtcd } from './phases/protect-etcd.ts';
import { awaitRegistrations, registerBootServer } from './phases/register-boot-server.ts';
import { reissueCertificates } from './phases/reissue-certificates.ts';
import { replaceLostMembers } from './phases/replace-lost-members.ts';
import { serveNewCertificates } from './phases/serve-new-certificates.ts';
import { settleRootToken } from './phases/settle-root-token.ts';
import { startEtcd } from './phases/start-etcd.ts';
import { startUpdater } from './phases/start-updater.ts';
import { startVault } from './phases/start-vault.ts';
import { unsealVault } from './phases/unseal-vault.ts';
import { verifySetup } from './phases/verify-setup.ts';
import type { SetupContext, SetupView } from './setup-context.ts';

/** Three boot servers from nothing, in the order of the seed's own steps. */
export const setupPhases: readonly Phase<SetupView, SetupContext>[] = [
  checkThisServer,
  meetTheOthers,
  installPackages,
  prepareAuthorities,
  obtainInitialCertificates,
  startEtcd,
  startVault,
  replaceLostMembers,
  protectEtcd,
  initializeVault,
  unsealVault,
  importAuthorities,
  reissueCertificates,
  serveNewCertificates,
  configureDaemons,
  settleRootToken,
  registerBootServer,
  awaitRegistrations,
  verifySetup,
  startUpdater,
];
