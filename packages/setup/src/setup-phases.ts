import type { Phase } from '@neco/core';
import { installPackages } from '@neco/cluster-access';
import { checkThisServer } from './phases/check-this-server.ts';
import { configureDaemons } from './phases/configure-daemons.ts';
import { importAuthorities } from './phases/vault/import-authorities.ts';
import { initializeVault } from './phases/vault/initialize-vault.ts';
import { limitRequests } from './phases/vault/limit-requests.ts';
import { meetTheOthers } from './phases/meet-the-others.ts';
import { openVault } from './phases/vault/open-vault.ts';
import { obtainInitialCertificates } from './phases/certificates/obtain-initial-certificates.ts';
import { prepareAuthorities } from './phases/certificates/prepare-authorities.ts';
import { protectEtcd } from './phases/etcd/protect-etcd.ts';
import { awaitRegistrations, registerBootServer } from './phases/register-boot-server.ts';
import { reissueCertificates } from './phases/certificates/reissue-certificates.ts';
import { restoreLinks } from './phases/certificates/restore-links.ts';
import { replaceLostMembers } from './phases/etcd/replace-lost-members.ts';
import { revokeLostCertificates } from './phases/certificates/revoke-lost-certificates.ts';
import { serveNewCertificates } from './phases/certificates/serve-new-certificates.ts';
import { settleRootToken } from './phases/vault/settle-root-token.ts';
import { startEtcd } from './phases/etcd/start-etcd.ts';
import { startUpdater } from './phases/start-updater.ts';
import { startVault } from './phases/vault/start-vault.ts';
import { unsealVault } from './phases/vault/unseal-vault.ts';
import { verifySetup } from './phases/verify-setup.ts';
import type { SetupContext, SetupView } from './setup-context.ts';

/** Three boot servers from nothing, in the order of the seed's own steps. */
export const setupPhases: readonly Phase<SetupView, SetupContext>[] = [
  checkThisServer,
  restoreLinks,
  meetTheOthers,
  installPackages,
  prepareAuthorities,
  obtainInitialCertificates,
  startEtcd,
  startVault,
  replaceLostMembers,
  protectEtcd,
  initializeVault,
  openVault,
  unsealVault,
  importAuthorities,
  revokeLostCertificates,
  reissueCertificates,
  serveNewCertificates,
  configureDaemons,
  settleRootToken,
  registerBootServer,
  awaitRegistrations,
  limitRequests,
  verifySetup,
  startUpdater,
];
