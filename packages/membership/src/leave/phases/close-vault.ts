import type { Phase } from '@neco/core';
import type { VaultTraces } from '../leave-access.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { isRevoked } from './revoke-certificates.ts';

export const closeVault: Phase<LeaveView, LeaveContext> = {
  id: 'close-vault',
  title: 'Remove its Vault log-in',
  isDone: async ({ access }) =>
    (await isRevoked(access)) && describe(await access.vaultTraces()).length === 0,
  plan: async ({ access }) => describe(await access.vaultTraces()).map((trace) => `delete ${trace}`),
  async run({ access, proof }) {
    proof.begin();
    await access.closeVault();
  },
};

function describe({ certRole, policy, signingRoles, tokens }: VaultTraces): string[] {
  return [
    ...(certRole ? ['its log-in by certificate'] : []),
    ...(policy ? ['its policy'] : []),
    ...signingRoles.map((role) => `the signing role ${role}`),
    ...(tokens.length === 0 ? [] : [`${String(tokens.length)} tokens`]),
  ];
}
