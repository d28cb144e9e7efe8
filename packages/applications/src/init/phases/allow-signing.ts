import { operatorPolicy } from '@neco/vault-pki';
import { applicationMount, applicationRule, signingStanza } from '@neco/cluster-access';
import { deafPolicies } from '../../signing-policies.ts';
import { repairing } from './repairing.ts';

/** Adds to the policies of operators and boot servers; what stands there besides is left as it is. */
export const allowSigning = repairing(
  { id: 'allow-signing', title: 'Allow operators and boot servers to have its certificate signed' },
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
