import type { Phase } from '@neco/core';
import { leafLifeHours } from '../../access/authorities.ts';
import { certificateKindNames, type CertificateKindName } from '../../access/certificate-kinds.ts';
import { ensureServerAccess } from '../../access/ensure-server-access.ts';
import { ensureSigningRoles } from '../../access/ensure-signing-roles.ts';
import { certificatesFit, renewCertificates, type SignedSet } from '../../access/own-certificates.ts';
import { forEachAuthority, type Signer } from '../../access/signer.ts';
import { authorityOf, sessionOf, type JoinContext, type JoinView } from '../join-context.ts';

/** What is left of a certificate that needs no other, in ms. */
const stays = (leafLifeHours / 3) * 3_600_000;

/** Seed steps 2 and 3: certificates for etcd, Vault and neco, with keys that are made here and stay here. */
export const obtainCertificates: Phase<JoinView, JoinContext> = {
  id: 'obtain-certificates',
  title: 'Obtain the certificates',
  isDone: async (view) =>
    view.isRegistered || (view.record !== undefined && (await certificatesFit(view, stays))),
  plan: ({ name }) => [
    `make the issuing roles, the policy and the log-in of ${name} in Vault`,
    'make keys for etcd, Vault and neco, and have Vault sign their certificates',
  ],
  async run(context) {
    const { lrn, address } = context;
    const { vault, registry } = sessionOf(context);
    const applications = (await registry.applications()).map(({ name }) => name);
    await vault('the rights in Vault', async (one) => {
      await forEachAuthority((name) => ensureSigningRoles(one, name, [lrn]));
      await ensureServerAccess(one, lrn, address, authorityOf(context), applications);
    });
    await renewCertificates(context, (requests) =>
      vault('the certificates', (_, signer) => signAll(signer, lrn, requests)),
    );
  },
};

async function signAll(
  signer: Signer,
  lrn: number,
  requests: Record<CertificateKindName, string>,
): Promise<SignedSet> {
  const signed = await Promise.all(
    certificateKindNames.map(
      async (kind) => [kind, await signer.certify(kind, lrn, requests[kind], leafLifeHours)] as const,
    ),
  );
  const [authorities, revocations] = await Promise.all([signer.authorities(), signer.revocations()]);
  const certificates = Object.fromEntries(signed) as Record<CertificateKindName, string>;
  return { certificates, authorities, revocations };
}
