import { NecoError, type Phase } from '@neco/core';
import { operatorPolicy } from '@neco/vault-pki';
import {
  applicationMount,
  applicationPrefix,
  applicationRule,
  signingStanza,
} from '../application-rights.ts';
import { deafPolicies, roleFaults, signingRoleFaults, userFaults } from '../find-application-faults.ts';
import type { InitContext, InitView } from '../init-context.ts';

type InitPhase = Phase<InitView, InitContext>;

/** A phase that mends what it finds; of an application that was made before it says what that was. */
function mending(
  phase: Pick<InitPhase, 'id' | 'title'>,
  faultsOf: (view: InitView) => Promise<string[]>,
  plan: (view: InitView) => string,
  mend: (context: InitContext) => Promise<void>,
): InitPhase {
  return {
    ...phase,
    isDone: async (view) => (await faultsOf(view)).length === 0,
    plan: async (view) => [plan(view), ...(view.known === undefined ? [] : await faultsOf(view))],
    async run(context) {
      if (context.known !== undefined) {
        for (const fault of await faultsOf(context)) context.reporter.info(`found: ${fault}; repairing it`);
      }
      await mend(context);
    },
  };
}

/** Looks whether the application's directory can be made on a boot server. */
export const checkDirectory: InitPhase = {
  id: 'check-directory',
  title: 'Check that the name is free in /etc',
  async isDone({ host, files }) {
    return (await host.stat(files.directory))?.isDirectory ?? true;
  },
  plan: ({ files }) => [`nothing: ${files.directory} is something else than a directory`],
  async run({ name, host, files }) {
    if ((await host.stat(files.directory))?.isDirectory ?? true) return;
    throw new NecoError(
      'APPLICATION_NAME_INVALID',
      `"${name}" cannot be the name of an application: ${files.directory} is there and is no directory`,
      { hint: 'choose another name' },
    );
  },
};

export const makeSigningRole: InitPhase = mending(
  { id: 'make-signing-role', title: 'Make the signing role in Vault' },
  ({ access, name }) => signingRoleFaults(access, name),
  ({ name }) => `make the role ${name} at ${applicationMount}, for the name ${name} alone`,
  ({ access }) => access.ensureSigningRole(),
);

/** Adds to the policies of operators and boot servers; what stands there besides is left as it is. */
export const allowSigning: InitPhase = mending(
  { id: 'allow-signing', title: 'Let operators and boot servers have its certificate signed' },
  async ({ access, name }) =>
    (await deafPolicies(access, name)).map(
      ({ policy }) => `the Vault policy ${policy} does not let it be signed`,
    ),
  ({ name }) => `add ${applicationMount}/sign/${name} to the policies of operators and boot servers`,
  async ({ access, name }) => {
    const policies = await deafPolicies(access, name);
    await Promise.all(
      policies.map(({ policy, text }) =>
        access.writePolicy(
          policy,
          text === undefined
            ? operatorPolicy([applicationRule(name)])
            : `${text.trimEnd()}\n\n${signingStanza(name)}\n`.trimStart(),
        ),
      ),
    );
  },
);

export const makeEtcdRole: InitPhase = mending(
  { id: 'make-etcd-role', title: 'Make the etcd role' },
  ({ access, name }) => roleFaults(access, name),
  ({ name }) => `make the etcd role ${name}, which reads and writes ${applicationPrefix(name)}`,
  ({ access }) => access.ensureRole(),
);

export const makeEtcdUser: InitPhase = mending(
  { id: 'make-etcd-user', title: 'Make the etcd user' },
  ({ access, name }) => userFaults(access, name),
  ({ name }) => `make the etcd user ${name}, without a password, with the role ${name}`,
  ({ access }) => access.ensureUser(),
);

/** Comes last: what is recorded is whole, or was once. */
export const recordApplication: InitPhase = mending(
  { id: 'record-application', title: 'Record the application' },
  async ({ access }) => ((await access.record()) === undefined ? ['it is not recorded'] : []),
  ({ name }) => `write applications/${name} under the prefix of neco`,
  ({ access, name }) =>
    access.writeRecord({ version: 1, name, createdAt: new Date().toISOString(), certificates: [] }),
);
