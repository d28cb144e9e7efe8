import type { Phase } from '@neco/core';
import {
  applicationSerials,
  forgetApplicationCertificates,
  forgetInitialCertificates,
  revokeSerials,
  validInitialCertificates,
} from '@neco/cluster-access';
import { administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/**
 * A server that died and comes back with an empty disk: its old member is removed before a new one is added, for the
 * other order could cost the quorum; its old certificates, those of applications too, are revoked before the registry
 * forgets them.
 */
export const replaceOldSelf: Phase<JoinView, JoinContext> = {
  id: 'replace-old-self',
  title: 'Remove an earlier installation of this server from the cluster',
  isDone: ({ world, record }) => world.isReplaced(record),
  plan: ({ name }) => [
    `remove the etcd member, the certificates and the registration of an earlier ${name}, if there are any`,
  ],
  async run(context) {
    const { lrn, name, reporter, record, world } = context;
    const { etcd, registry, vault } = administrationOf(context);
    for (const member of await world.oldMembers(record)) {
      reporter.info(`removing the etcd member ${member.id} of an earlier ${name}`);
      await etcd.removeMember(member.id);
    }
    await revokeInitialCertificates(context);
    const registration = await registry.bootServers.at(lrn).get();
    // A run that was killed just after it registered this server has left that registration, with these certificates.
    if (registration !== undefined && (await world.isOfThisLife(registration))) return;
    const serials = [...(registration?.serials ?? []), ...(await applicationSerials(registry, lrn))];
    if (serials.length > 0) {
      reporter.info(`revoking the certificates of an earlier ${name}`);
      await vault.run('the revocation', (one) => revokeSerials(one, serials));
    }
    await forgetApplicationCertificates(registry, lrn);
    await registry.bootServers.at(lrn).delete();
  },
};

/** Those that the earlier life had from the temporary Vault of setup: the real one knows nothing of them. */
async function revokeInitialCertificates(context: JoinContext): Promise<void> {
  const { registry, vault } = administrationOf(context);
  await vault.run('the revocation', async (one) => {
    const initial = await validInitialCertificates(registry, context.lrn, one);
    for (const certificate of initial) await one.pki(certificate.mount).revoke(certificate);
  });
  await forgetInitialCertificates(registry, context.lrn);
}
