import { randomUUID } from 'node:crypto';
import { NecoError, Secret } from '@neco/core';
import * as z from 'zod';
import { TooManyLogIns } from '../edge/classify-error.ts';
import type { VaultClient } from '../edge/vault-client.ts';

const answer = z.object({ auth: z.object({ client_token: z.string() }) });

/**
 * https://developer.hashicorp.com/vault/api-docs/auth/userpass#login
 * @returns the new token
 * @throws NecoError LOGIN_REFUSED, LOGIN_BLOCKED, VAULT_PERMISSION_DENIED where nobody can log in by password
 */
export async function logInUserpass(client: VaultClient, user: string, password: Secret): Promise<Secret> {
  const what = `log in the user ${JSON.stringify(user)}`;
  const login = (name: string, secret: Secret) =>
    client.write(`auth/userpass/login/${encodeURIComponent(name)}`, { password: secret }, answer, what);
  try {
    return new Secret((await login(user, password)).auth.client_token);
  } catch (error) {
    if (!hasCode(error, 'LOGIN_BLOCKED') || error instanceof TooManyLogIns) throw error;
    // Vault gives a locked user the same answer as where this log-in is not enabled. There, a user that cannot exist gets it too.
    const enabled = await login(randomUUID(), new Secret(randomUUID())).catch((other: unknown) =>
      hasCode(other, 'LOGIN_REFUSED'),
    );
    if (enabled !== false) throw error;
    throw new NecoError(
      'VAULT_PERMISSION_DENIED',
      `Vault at ${client.connection.address} does not let anybody log in by password`,
      {
        hint: 'enable the auth method userpass: "vault auth enable userpass"',
        cause: error,
      },
    );
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof NecoError && error.code === code;
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
