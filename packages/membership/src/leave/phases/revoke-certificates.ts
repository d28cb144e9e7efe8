import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf } from './remove-member.ts';

/** All that Vault has signed for it, what the registry names and what is not there any more. */
export const revokeCertificates: Phase<LeaveView, LeaveContext> = {
  id: 'revoke-certificates',
  title: 'Revoke its certificates',
  isDone: async ({ access }) => (await isRevoked(access)) && (await access.unrevoked()).length === 0,
  plan: async ({ access }) =>
    (await access.unrevoked()).map(
      ({ mount, serial, commonName }) => `revoke ${serial} (${commonName}) of ${mount}`,
    ),
  async run({ access, proof }) {
    const unrevoked = await access.unrevoked();
    // In one go: a list of revocations takes longer to make than anything else here.
    await proof.use((canary) => access.revoke([...unrevoked, ...canary]));
    await access.forgetCertificates();
    await access.writePlan({ ...(await planOf(access)), step: 'revoked' });
  },
};

/**
 * Whether a run before has come to the end of this. Until then nobody need look what is left of a server's access: to take it
 * away once more costs less.
 */
export async function isRevoked(access: LeaveView['access']): Promise<boolean> {
  return (await access.plan())?.step === 'revoked';
}
