import {
  applicationMount,
  applicationPrefix,
  operatorPolicyName,
  signingPolicyNames,
  signingStanza,
} from './application-rights.ts';
import type { ApplicationReader } from './application-access.ts';

/** What is missing or wrong of the application's user in etcd, one line each. */
export async function userFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const roles = await access.userRoles();
  if (roles === undefined) return [`etcd has no user ${name}`];
  return roles.includes(name) ? [] : [`the etcd user ${name} lacks the role ${name}`];
}

/** What is missing or wrong of its role in etcd. Rights that it has besides are an admin's, and no fault. */
export async function roleFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const rights = await access.roleRights();
  if (rights === undefined) return [`etcd has no role ${name}`];
  const from = applicationPrefix(name);
  const own = rights.find((right) => right.from === from && right.to === from.replace(/\/$/, '0'));
  if (own === undefined) return [`the etcd role ${name} has no right to ${from}`];
  return own.access === 'READWRITE'
    ? []
    : [`the etcd role ${name} may only ${own.access.toLowerCase()} ${from}`];
}

/** What is missing or wrong of its signing role in Vault. */
export async function signingRoleFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const fields = await access.signingRoleFaults();
  const role = `role ${name} at ${applicationMount}`;
  if (fields === undefined) return [`Vault has no ${role}`];
  return fields.length === 0 ? [] : [`Vault's ${role} is not as it should be (${fields.join(', ')})`];
}

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
