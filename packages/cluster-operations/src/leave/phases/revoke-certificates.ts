import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf } from './remove-member.ts';

/** All that Vault has signed for it, what the registry names and what is not there any more. */
export const revokeCertificates: Phase<LeaveView, LeaveContext> = {
  id: 'revoke-certificates',
  title: 'Revoke its certificates',
  isDone: async ({ access }) =>
    (await planOf(access)).step === 'revoked' && (await access.unrevoked()).length === 0,
  plan: async ({ access }) =>
    (await access.unrevoked()).map(
      ({ mount, serial, commonName }) => `revoke ${serial} (${commonName}) of ${mount}`,
    ),
  async run({ access, proof }) {
    proof.begin();
    await access.revoke(await access.unrevoked());
    await access.forgetCertificates();
    await access.writePlan({ ...(await planOf(access)), step: 'revoked' });
  },
};
