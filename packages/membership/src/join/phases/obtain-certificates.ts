import type { Phase } from '@neco/core';
import {
  type CertificateKindName,
  certificatesFit,
  ensureServerAccess,
  ensureSigningRoles,
  forEachAuthority,
  leafLifeHours,
  renewCertificates,
  revokedKinds,
  type SignedSet,
  Signer,
} from '@neco/cluster-access';
import { authorityOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/** What is left of a certificate that needs no other, in ms. */
const stays = (leafLifeHours / 3) * 3_600_000;

/** Seed steps 2 and 3: certificates for etcd, Vault and neco, with keys that are made here and stay here. */
export const obtainCertificates: Phase<JoinView, JoinContext> = {
  id: 'obtain-certificates',
  title: 'Obtain the certificates',
  isDone: ({ isRegistered }) => Promise.resolve(isRegistered),
  plan: ({ name }) => [
    `make the signing roles, the policy and the log-in of ${name} in Vault`,
    'create keys for etcd, Vault and neco, and have Vault sign their certificates',
  ],
  async run(context) {
    const { lrn, address } = context;
    const { vault } = administrationOf(context);
    // The keys are made meanwhile.
    const rights = grantRights(context);
    rights.catch(() => undefined);
    if (!(await hasGoodOnes(context))) {
      await renewCertificates(context, async (requests) => {
        await rights;
        const own = new Map([[lrn, address]]);
        return vault.run('the certificates', (one) => signAll(new Signer(one, own), lrn, requests));
      });
    }
    await rights;
  },
};

/** Those of an interrupted run of this join; a leave that took its learner out since has revoked them. */
async function hasGoodOnes(context: JoinContext): Promise<boolean> {
  if (context.record === undefined || !(await certificatesFit(context, stays))) return false;
  const revocations = await administrationOf(context).vault.run('the revocation lists', (one) =>
    new Signer(one, new Map()).revocations(),
  );
  return (await revokedKinds(context.host, revocations)).length === 0;
}

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
