import type { Phase } from '@neco/core';
import {
  forgetApplicationCertificates,
  forgetInitialCertificates,
  revokeSigned,
  SignedCertificates,
  validInitialCertificates,
  type SignedCertificate,
} from '@neco/cluster-access';
import { unrevokedCertificates } from '../../leave/traces/unrevoked-certificates.ts';
import { deleteVaultTraces } from '../../leave/traces/vault-traces.ts';
import { administrationOf, type JoinContext, type JoinView } from '../join-context.ts';
import { rejectOldSelf } from '../reject-old-self.ts';

/**
 * A server that died and comes back with an empty disk: its old member is removed before a new one is added, for the
 * other order could cost the quorum; its old certificates, those of applications too, are revoked before the registry
 * forgets them. Its log-in to Vault goes first, with the tokens that came of it: the new one is of another life.
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
    const registration = await registry.bootServers.at(lrn).get();
    // A run that was killed just after it registered this server has left that registration, with these certificates.
    const isOfThisLife = registration !== undefined && (await world.isOfThisLife(registration));
    if (!isOfThisLife)
      await vault.run('the end of its log-in to Vault', (one) => deleteVaultTraces(one, lrn));
    const unrevoked = isOfThisLife ? await initialCertificates(context) : await allCertificates(context);
    if (unrevoked.length > 0) reporter.info(`revoking the certificates of an earlier ${name}`);
    await revokeSigned(vault, unrevoked);
    // Also where an earlier run has revoked them: whether it came further, only another proof can tell.
    await rejectOldSelf(context);
    await forgetInitialCertificates(registry, lrn);
    if (isOfThisLife) return;
    await forgetApplicationCertificates(registry, lrn);
    await registry.bootServers.at(lrn).delete();
  },
};

/** Those that the earlier life had from the temporary Vault of setup: the real one knows nothing of them. */
function initialCertificates(context: JoinContext): Promise<SignedCertificate[]> {
  const { registry, vault } = administrationOf(context);
  return vault.run('Vault to answer', (one) => validInitialCertificates(registry, context.lrn, one));
}

/** All that was signed for it, also what no record knows of. */
function allCertificates(context: JoinContext): Promise<SignedCertificate[]> {
  const { lrn, name, host } = context;
  const certificates = new SignedCertificates(host);
  return unrevokedCertificates({ ...administrationOf(context), certificates, facts: { lrn, name } });
}
