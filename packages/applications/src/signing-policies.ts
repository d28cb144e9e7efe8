import { operatorPolicyName, signingPolicyNames, signingStanza } from '@neco/cluster-access';
import type { ApplicationReader } from './application-access.ts';

/** A policy of Vault and its text, undefined when there is none of that name. */
export interface PolicyText {
  policy: string;
  text: string | undefined;
}

/**
 * The policies of Vault that should let its certificate be signed and do not. A boot server without any policy has
 * another fault, which is not the application's.
 */
export async function deafPolicies(access: ApplicationReader, name: string): Promise<PolicyText[]> {
  const stanza = signingStanza(name);
  const found = await signingPolicies(access);
  return found.filter(({ policy, text }) =>
    text === undefined ? policy === operatorPolicyName : !text.includes(stanza),
  );
}

/** The policies of Vault that let its certificate be signed. */
export async function allowingPolicies(access: ApplicationReader, name: string): Promise<PolicyText[]> {
  const stanza = signingStanza(name);
  return (await signingPolicies(access)).filter(({ text }) => text?.includes(stanza));
}

async function signingPolicies(access: ApplicationReader): Promise<PolicyText[]> {
  const names = signingPolicyNames((await access.bootServers()).map(({ lrn }) => lrn));
  return await Promise.all(names.map(async (policy) => ({ policy, text: await access.policy(policy) })));
}
