import { NecoError, type Secret } from '@neco/core';
import { z } from 'zod';
import { differs } from '../edge/differs.ts';
import { durationToSeconds } from '../edge/duration-to-seconds.ts';
import { anything } from '../pki/pki-mounts.ts';
import type { VaultClient } from '../edge/vault-client.ts';

/** Who may log in with a certificate, and what for. */
export interface CertificateRole {
  /** The CA that must have signed the certificate, PEM. */
  ca: string;
  /** The common names that may log in; compared whole. */
  allowedCommonNames: readonly string[];
  policies: readonly string[];
  /** Life of the token, as `10m`; it cannot be renewed beyond. */
  ttl: string;
}

export interface AuditDevice {
  /** Its path, without a slash at the end. */
  path: string;
  type: string;
  options: Record<string, string>;
}

/** What a token may do and how long. */
export interface TokenFacts {
  policies: string[];
  /** Life that is left, in seconds; 0 for a root token, which has no end. */
  ttl: number;
  accessor: string;
  displayName: string;
}

const typed = z.object({ data: z.record(z.string(), z.object({ type: z.string() })) });

/** https://developer.hashicorp.com/vault/api-docs/system/policies#create-update-acl-policy */
export async function ensurePolicy(client: VaultClient, name: string, hcl: string): Promise<boolean> {
  const path = `sys/policies/acl/${encodeURIComponent(name)}`;
  const schema = z.object({ data: z.object({ policy: z.string() }) });
  const found = await client.read(path, schema, `read the policy ${name}`);
  if (found?.data.policy === hcl) return false;
  await client.write(path, { policy: hcl }, anything, `write the policy ${name}`);
  return true;
}

/** https://developer.hashicorp.com/vault/api-docs/system/auth#enable-auth-method */
export async function ensureAuthMethod(client: VaultClient, type: 'userpass' | 'cert'): Promise<boolean> {
  const found = await client.read('sys/auth', typed, 'list the ways to log in');
  const there = found?.data[`${type}/`];
  if (there !== undefined && there.type !== type) throw notOfType(client, `auth/${type}`, there.type, type);
  if (there !== undefined) return false;
  await client.write(`sys/auth/${type}`, { type }, anything, `enable the log-in ${type}`);
  return true;
}

/** https://developer.hashicorp.com/vault/api-docs/auth/userpass#read-user */
export async function readUser(
  client: VaultClient,
  name: string,
): Promise<{ policies: string[] } | undefined> {
  const schema = z.object({ data: z.object({ token_policies: z.array(z.string()) }) });
  const found = await client.read(userPath(name), schema, `read the user ${name}`);
  return found === undefined ? undefined : { policies: found.data.token_policies };
}

/** https://developer.hashicorp.com/vault/api-docs/auth/userpass#create-update-user */
export async function writeUser(
  client: VaultClient,
  name: string,
  password: Secret,
  policies: readonly string[],
): Promise<void> {
  await client.write(
    userPath(name),
    { password, token_policies: policies },
    anything,
    `write the user ${name}`,
  );
}

export async function setUserPolicies(
  client: VaultClient,
  name: string,
  policies: readonly string[],
): Promise<void> {
  await client.write(
    userPath(name),
    { token_policies: policies },
    anything,
    `set the policies of the user ${name}`,
  );
}

const userPath = (name: string) => `auth/userpass/users/${encodeURIComponent(name)}`;

/** https://developer.hashicorp.com/vault/api-docs/auth/cert#create-ca-certificate-role */
export async function ensureCertRole(
  client: VaultClient,
  name: string,
  role: CertificateRole,
): Promise<boolean> {
  const path = certRolePath(name);
  const ttl = durationToSeconds(role.ttl);
  const wanted = {
    certificate: role.ca,
    allowed_common_names: [...role.allowedCommonNames],
    token_policies: [...role.policies],
    token_ttl: ttl,
    token_max_ttl: ttl,
    token_explicit_max_ttl: ttl,
  };
  const schema = z.object({ data: z.looseObject({ certificate: z.string() }) });
  const found = await client.read(path, schema, `read the certificate role ${name}`);
  // Vault may give the PEM back with another end of line.
  const there = found && { ...found.data, certificate: found.data.certificate.trim() };
  if (!differs(there, { ...wanted, certificate: role.ca.trim() })) return false;
  await client.write(path, wanted, anything, `write the certificate role ${name}`);
  return true;
}

/** https://developer.hashicorp.com/vault/api-docs/auth/cert#delete-certificate-role */
export async function deleteCertRole(client: VaultClient, name: string): Promise<void> {
  await client.delete(certRolePath(name), `delete the certificate role ${name}`);
}

const certRolePath = (name: string) => `auth/cert/certs/${encodeURIComponent(name)}`;

const login = z.object({ auth: z.object({ client_token: z.string() }) });

/** https://developer.hashicorp.com/vault/api-docs/auth/userpass#login */
export async function loginUserpass(client: VaultClient, user: string, password: Secret): Promise<string> {
  const path = `auth/userpass/login/${encodeURIComponent(user)}`;
  return (await client.write(path, { password }, login, `log in the user ${user}`)).auth.client_token;
}

/** https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method */
export async function loginCertificate(client: VaultClient, role: string): Promise<string> {
  const answer = await client.write(
    'auth/cert/login',
    { name: role },
    login,
    `log in with a certificate as ${role}`,
  );
  return answer.auth.client_token;
}

/** https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self */
export async function lookupSelf(client: VaultClient): Promise<TokenFacts> {
  const schema = z.object({
    data: z.object({
      policies: z.array(z.string()),
      ttl: z.number(),
      accessor: z.string(),
      display_name: z.string(),
    }),
  });
  const found = await client.read('auth/token/lookup-self', schema, 'look up its token');
  if (found === undefined)
    throw new NecoError('VAULT_FAILED', `Vault at ${client.connection.address} knows no token`);
  const { policies, ttl, accessor, display_name: displayName } = found.data;
  return { policies, ttl, accessor, displayName };
}

/** https://developer.hashicorp.com/vault/api-docs/system/audit#list-enabled-audit-devices */
export async function auditDevices(client: VaultClient): Promise<AuditDevice[]> {
  const device = z.object({ type: z.string(), options: z.record(z.string(), z.string()).nullish() });
  const found = await client.read(
    'sys/audit',
    z.object({ data: z.record(z.string(), device) }),
    'list the audit devices',
  );
  return Object.entries(found?.data ?? {}).map(([path, { type, options }]) => ({
    path: path.replace(/\/$/, ''),
    type,
    options: options ?? {},
  }));
}

/** https://developer.hashicorp.com/vault/api-docs/system/audit#enable-audit-device */
export async function ensureAuditDevice(
  client: VaultClient,
  { path, type, options }: AuditDevice,
): Promise<boolean> {
  const there = (await auditDevices(client)).find((device) => device.path === path);
  if (there !== undefined && there.type !== type) throw notOfType(client, `audit/${path}`, there.type, type);
  if (there !== undefined) return false;
  await client.write(`sys/audit/${path}`, { type, options }, anything, `enable the audit device ${path}`);
  return true;
}

function notOfType(client: VaultClient, path: string, there: string, wanted: string): NecoError {
  return new NecoError(
    'VAULT_FAILED',
    `${path} of Vault at ${client.connection.address} is of type ${there}, not ${wanted}`,
    {
      hint: `disable it there and run the same again`,
    },
  );
}
