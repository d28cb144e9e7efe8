import type { Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { isRevoked } from '../records/leave-plan.ts';
import { deleteVaultTraces, readVaultTraces } from '../traces/vault-traces.ts';

export const closeVault: Phase<LeaveView, LeaveContext> = {
  id: 'close-vault',
  title: 'Remove its Vault log-in',
  isDone: async (view) =>
    (await isRevoked(view.registry, view.facts.lrn)) && (await remains(view)).length === 0,
  plan: async (view) => (await remains(view)).map((trace) => `delete ${trace}`),
  async run({ vault, proof, facts }) {
    proof.begin();
    await vault.run('Vault to answer', (one) => deleteVaultTraces(one, facts.lrn));
  },
};

async function remains({ vault, facts }: LeaveView): Promise<string[]> {
  const { certRole, policy, signingRoles, tokens } = await vault.run('Vault to answer', (one) =>
    readVaultTraces(one, facts.lrn),
  );
  return [
    ...(certRole ? ['its log-in by certificate'] : []),
    ...(policy ? ['its policy'] : []),
    ...signingRoles.map((role) => `the signing role ${role}`),
    ...(tokens.length === 0 ? [] : [`${String(tokens.length)} tokens`]),
  ];
}
