import type { Phase } from '@neco/core';
import { applicationMount, signingStanza, type SignedCertificate } from '@neco/cluster-access';
import { allowingPolicies } from '../signing-policies.ts';
import type { ApplicationReader, ApplicationWriter } from '../application-access.ts';

/** What a phase of the removal may look at. */
export interface RemoveView {
  readonly name: string;
  readonly access: ApplicationReader;
  /** Its certificates that are neither revoked nor expired, also those of which no record knows. */
  validCertificates(): Promise<SignedCertificate[]>;
}

export interface RemoveContext extends RemoveView {
  readonly access: ApplicationWriter;
  revoke(certificates: readonly SignedCertificate[]): Promise<void>;
  /** Has every server put the revocation list in place, and proves that it rejects what was revoked. */
  proveRejected(): Promise<void>;
}

type RemovePhase = Phase<RemoveView, RemoveContext>;

const deleteUser: RemovePhase = {
  id: 'delete-etcd-user',
  title: 'Remove the etcd user',
  isDone: async ({ access }) => (await access.userRoles()) === undefined,
  plan: ({ name }) => [`delete the etcd user ${name}`],
  run: ({ access }) => access.deleteUser(),
};

const deleteRole: RemovePhase = {
  id: 'delete-etcd-role',
  title: 'Remove the etcd role',
  isDone: async ({ access }) => (await access.roleRights()) === undefined,
  plan: ({ name }) => [`delete the etcd role ${name}, also from other users that have it`],
  run: ({ access }) => access.deleteRole(),
};

const forbidSigning: RemovePhase = {
  id: 'forbid-signing',
  title: 'Disallow signing its certificate',
  isDone: async ({ access, name }) => (await allowingPolicies(access, name)).length === 0,
  plan: async ({ access, name }) =>
    (await allowingPolicies(access, name)).map(({ policy }) => `change the Vault policy ${policy}`),
  async run({ access, name }) {
    for (const { policy, text = '' } of await allowingPolicies(access, name)) {
      const parts = text.split(signingStanza(name)).map((part) => part.trim());
      await access.writePolicy(policy, `${parts.filter((part) => part !== '').join('\n\n')}\n`);
    }
  },
};

const deleteSigningRole: RemovePhase = {
  id: 'delete-signing-role',
  title: 'Remove the signing role in Vault',
  isDone: async ({ access }) => (await access.signingRoleFaults()) === undefined,
  plan: ({ name }) => [`delete the role ${name} at ${applicationMount}`],
  run: ({ access }) => access.deleteSigningRole(),
};

/**
 * Or an application of the same name, made later, would be open to them. Not by the record alone: it names the last one of each server, and
 * none that a service renewed by itself. No more can be signed by now.
 */
const revokeCertificates: RemovePhase = {
  id: 'revoke-certificates',
  title: 'Revoke its certificates',
  isDone: async (view) => (await view.validCertificates()).length === 0,
  plan: async (view) =>
    (await view.validCertificates()).map(({ serial }) => `revoke the certificate ${serial}`),
  run: async (context) => context.revoke(await context.validCertificates()),
};

/** Whether an earlier run that was stopped got so far, only another proof can tell. */
const proveRejected: RemovePhase = {
  id: 'prove-rejected',
  title: 'Verify on every server that its certificates are rejected',
  isDone: () => Promise.resolve(false),
  plan: () => ['new revocation lists on every boot server'],
  run: (context) => context.proveRejected(),
};

/** Comes last, so that a removal that was stopped can be done again. */
const deleteRecord: RemovePhase = {
  id: 'delete-record',
  title: 'Remove the record',
  isDone: async ({ access }) => (await access.record()) === undefined,
  plan: ({ name }) => [`delete applications/${name} under the prefix of neco`],
  run: ({ access }) => access.deleteRecord(),
};

/** An application taken away, the access to its keys first. */
export const removePhases: readonly RemovePhase[] = [
  deleteUser,
  deleteRole,
  forbidSigning,
  deleteSigningRole,
  revokeCertificates,
  proveRejected,
  deleteRecord,
];
