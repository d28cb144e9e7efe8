import type { Phase } from '@neco/core';
import type { VaultTraces } from '../leave-access.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf } from './remove-member.ts';

type LeavePhase = Phase<LeaveView, LeaveContext>;

/** The seed's step: remove the etcd key bootservers/LRN. */
export const removeRegistration: LeavePhase = {
  id: 'remove-registration',
  title: 'Take it out of the registry',
  isDone: async ({ access }) => (await access.registration()) === undefined,
  plan: ({ facts }) => [`delete bootservers/${String(facts.lrn)} under the prefix of neco`],
  run: ({ access }) => access.deleteRegistration(),
};

export const deleteUsers: LeavePhase = {
  id: 'delete-etcd-users',
  title: 'Delete its users of etcd',
  isDone: async ({ access }) => (await access.users()).length === 0,
  plan: async ({ access }) => (await access.users()).map((user) => `delete the etcd user ${user}`),
  run: async ({ access }) => access.deleteUsers(await access.users()),
};

/** All that Vault has signed for it, what the registry names and what is not there any more. */
export const revokeCertificates: LeavePhase = {
  id: 'revoke-certificates',
  title: 'Revoke its certificates',
  isDone: async ({ access }) =>
    (await planOf(access)).step === 'revoked' && (await access.unrevoked()).length === 0,
  plan: async ({ access }) =>
    (await access.unrevoked()).map(
      ({ mount, serial, commonName }) => `revoke ${serial} (${commonName}) of ${mount}`,
    ),
  async run({ access }) {
    await access.revoke(await access.unrevoked());
    await access.forgetCertificates();
    await access.writePlan({ ...(await planOf(access)), step: 'revoked' });
  },
};

export const closeVault: LeavePhase = {
  id: 'close-vault',
  title: 'Take its log-in to Vault away',
  isDone: async ({ access }) => describe(await access.vaultTraces()).length === 0,
  plan: async ({ access }) => describe(await access.vaultTraces()).map((trace) => `delete ${trace}`),
  run: async ({ access }) => access.deleteVaultTraces(await access.vaultTraces()),
};

export const deleteKeys: LeavePhase = {
  id: 'delete-keys',
  title: 'Delete its keys under update/ and election/',
  isDone: async ({ access }) => (await access.keys()).length === 0,
  plan: async ({ access }) => (await access.keys()).map((key) => `delete ${key}`),
  run: ({ access }) => access.deleteKeys(),
};

function describe({ certRole, policy, signingRoles, tokens }: VaultTraces): string[] {
  return [
    ...(certRole ? ['its log-in by certificate'] : []),
    ...(policy ? ['its policy'] : []),
    ...signingRoles.map((role) => `the signing role ${role}`),
    ...(tokens.length === 0 ? [] : [`${String(tokens.length)} tokens`]),
  ];
}
