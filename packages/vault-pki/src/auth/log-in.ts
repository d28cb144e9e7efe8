import { Secret } from '@neco/core';
import * as z from 'zod';
import type { VaultClient } from '../edge/vault-client.ts';

const answer = z.object({ auth: z.object({ client_token: z.string() }) });

/**
 * https://developer.hashicorp.com/vault/api-docs/auth/userpass#login
 * @returns the new token
 */
export async function logInUserpass(client: VaultClient, user: string, password: Secret): Promise<Secret> {
  const path = `auth/userpass/login/${encodeURIComponent(user)}`;
  const { auth } = await client.write(path, { password }, answer, `log in the user ${JSON.stringify(user)}`);
  return new Secret(auth.client_token);
}

/**
 * https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method
 * @returns the new token
 */
export async function logInCertificate(client: VaultClient, role: string): Promise<Secret> {
  const what = `log in with a certificate as ${role}`;
  const { auth } = await client.write('auth/cert/login', { name: role }, answer, what);
  return new Secret(auth.client_token);
}
