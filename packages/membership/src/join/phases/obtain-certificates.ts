import type { Phase } from '@neco/core';
import {
  type CertificateKindName,
  ensureServerAccess,
  ensureSigningRoles,
  forEachAuthority,
  leafLifeHours,
  renewCertificates,
  type SignedSet,
  Signer,
} from '@neco/cluster-access';
import { authorityOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/** Seed steps 2 and 3: certificates for etcd, Vault and neco, with keys that are made here and stay here. */
export const obtainCertificates: Phase<JoinView, JoinContext> = {
  id: 'obtain-certificates',
  title: 'Obtain the certificates',
  isDone: async ({ world }) => (await world.hasCertificates()) && (await world.hasVaultAccess()),
  plan: ({ name }) => [
    `make the signing roles, the policy and the log-in of ${name} in Vault`,
    'create keys for etcd, Vault and neco, and have Vault sign their certificates',
  ],
  async run(context) {
    const { lrn, address, world } = context;
    const { vault } = administrationOf(context);
    // The keys are made meanwhile.
    const rights = grantRights(context);
    rights.catch(() => undefined);
    // Those of an interrupted run of this join stay; a leave that took its learner out since has revoked them.
    if (!(await world.hasCertificates())) {
      await renewCertificates(context, async (requests) => {
        await rights;
        const own = new Map([[lrn, address]]);
        return vault.run('the certificates', (one) => signAll(new Signer(one, own), lrn, requests));
      });
    }
    await rights;
  },
};

async function grantRights(context: JoinContext): Promise<void> {
  const { lrn, address } = context;
  const { vault, registry } = administrationOf(context);
  const applications = (await registry.applications.list()).map(({ name }) => name);
  await vault.run('the rights in Vault', (one) =>
    Promise.all([
      forEachAuthority((name) => ensureSigningRoles(one, name, [lrn])),
      ensureServerAccess(one, lrn, address, authorityOf(context), applications),
    ]),
  );
}

async function signAll(
  signer: Signer,
  lrn: number,
  requests: Record<CertificateKindName, string>,
): Promise<SignedSet> {
  const [certificates, authorities, revocations] = await Promise.all([
    signer.certifyAll(lrn, requests, leafLifeHours),
    signer.authorities(),
    signer.revocations(),
  ]);
  return { certificates, authorities, revocations };
}
