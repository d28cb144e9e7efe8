import { forgetApplicationCertificates, revokeSigned } from '@neco/cluster-access';
import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { isRevoked, planOf } from '../records/leave-plan.ts';
import { unrevokedCertificates } from '../traces/unrevoked-certificates.ts';

/** All that Vault has signed for it, what the registry names and what is not there any more. */
export const revokeCertificates: Phase<LeaveView, LeaveContext> = {
  id: 'revoke-certificates',
  title: 'Revoke its certificates',
  isDone: async (view) =>
    (await isRevoked(view.registry, view.facts.lrn)) && (await unrevokedCertificates(view)).length === 0,
  plan: async (view) =>
    (await unrevokedCertificates(view)).map(
      ({ mount, serial, commonName }) => `revoke ${serial} (${commonName}) of ${mount}`,
    ),
  async run(context) {
    const { registry, vault, proof, facts, host, certificates } = context;
    const unrevoked = await unrevokedCertificates(context);
    // In one go: a list of revocations takes longer to make than anything else here.
    await proof.use((canary) => revokeSigned(vault, [...unrevoked, ...canary]));
    // It spares the next leave time; what keeps it from being written stops no leave.
    await certificates.remember(host).catch(() => undefined);
    await forgetApplicationCertificates(registry, facts.lrn);
    const plan = await planOf(registry, facts.lrn);
    await registry.leavePlans.at(facts.lrn).put({ ...plan, step: 'revoked' });
  },
};
