import type { Phase } from '@neco/core';
import { leafLifeHours } from '../../access/authorities.ts';
import { certificateKindNames, type CertificateKindName } from '../../access/certificate-kinds.ts';
import { ensureServerAccess, ensureSigningRoles } from '../../access/ensure-access.ts';
import { certificatesFit, renewCertificates } from '../../access/own-certificates.ts';
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
    const { vault, signer, registry } = sessionOf(context);
    const applications = (await registry.applications()).map(({ name }) => name);
    await Promise.all([
      ensureSigningRoles(vault, [lrn]),
      ensureServerAccess(vault, lrn, address, authorityOf(context), applications),
    ]);
    await renewCertificates(context, async (requests) => {
      const signed = await Promise.all(
        certificateKindNames.map(
          async (kind) => [kind, await signer.certify(kind, lrn, requests[kind], leafLifeHours)] as const,
        ),
      );
      const [authorities, revocations] = await Promise.all([signer.authorities(), signer.revocations()]);
      const certificates = Object.fromEntries(signed) as Record<CertificateKindName, string>;
      return { certificates, authorities, revocations };
    });
  },
};
