import {
  type Administration,
  applicationSerials,
  certificateKinds,
  etcdUserOf,
  hasServerAccess,
  lifeOfCertificate,
  paths,
  readPair,
  requireFile,
  Signer,
} from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import type { JoinFacts } from './join-facts.ts';

/** What an administrator sees, read again each time, because this command changes it. @throws NecoError ETCD_*, VAULT_*, FILE_FAILED */
export function administratorFacts(
  { host, lrn, address }: { host: HostReader; lrn: number; address: string },
  { etcd, registry, vault }: Administration,
): JoinFacts {
  return {
    members: () => etcd.members(),
    registration: () => registry.bootServers.at(lrn).get(),
    applicationSerials: () => applicationSerials(registry, lrn),
    hasInitialCertificates: async () => (await registry.initialCertificates.at(lrn).get()) !== undefined,
    rolesOf: (role) => etcd.userRoles(etcdUserOf(role, lrn)),
    revocations: () => vault.run('the revocation lists', (one) => new Signer(one, new Map()).revocations()),
    async hasVaultAccess() {
      const [serverCa, { certificate }, applications] = await Promise.all([
        requireFile(host, paths.authorities.server),
        readPair(host, certificateKinds.server),
        registry.applications.list(),
      ]);
      const access = {
        lrn,
        address,
        serverCa,
        life: lifeOfCertificate(certificate),
        applications: applications.map(({ name }) => name),
      };
      return vault.run('the rights in Vault', (one) => hasServerAccess(one, access));
    },
  };
}
