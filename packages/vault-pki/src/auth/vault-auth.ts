import { NecoError, type ErrorCode, type Secret } from '@neco/core';
import * as z from 'zod';
import { differs } from '../edge/differs.ts';
import { durationToSeconds } from '../edge/duration-to-seconds.ts';
import type { VaultClient } from '../edge/vault-client.ts';
import { logInUserpass } from './log-in.ts';
import { revokeToken } from './own-token.ts';

/** Who may log in with a certificate, and with which policies. */
export interface CertificateRole {
  /** The CA that must have signed the certificate, PEM. */
  ca: string;
  /** The common names that may log in; compared whole. */
  allowedCommonNames: readonly string[];
  /** All policies of the token: Vault's policy `default` is not added. */
  policies: readonly string[];
  /** Life of the token, as `10m`; it cannot be renewed beyond. */
  ttl: string;
}

/** A token seen by its accessor, which is not secret: it cannot be used in the token's place. */
export interface AccessorFacts {
  accessor: string;
  policies: string[];
  displayName: string;
  /** The log-in that made it, as `auth/cert/login`. */
  path: string;
}

const methods = z.object({ data: z.record(z.string(), z.object({ type: z.string() })) });

const userPath = (name: string) => `auth/userpass/users/${encodeURIComponent(name)}`;

const certRolePath = (name: string) => `auth/cert/certs/${encodeURIComponent(name)}`;

/** A person logs in for a working day. */
const sessionSeconds = 8 * 3600;

/** Who can log in to one Vault, by password or certificate, and the tokens in use. Get it as `vault.auth`. */
export class VaultAuth {
  readonly #client: VaultClient;

  /** @internal */
  constructor(client: VaultClient) {
    this.#client = client;
  }

  /**
   * Enables the log-in by name and password, at `auth/userpass`.
   * https://developer.hashicorp.com/vault/api-docs/system/auth#enable-auth-method
   *
   * @throws NecoError VAULT_FAILED when another method is enabled there.
   */
  async ensureUserpass(): Promise<boolean> {
    return await this.#ensureMethod('userpass');
  }

  /**
   * Enables the log-in by client certificate, at `auth/cert`.
   * https://developer.hashicorp.com/vault/api-docs/system/auth#enable-auth-method
   *
   * @throws NecoError VAULT_FAILED when another method is enabled there.
   */
  async ensureCertAuth(): Promise<boolean> {
    return await this.#ensureMethod('cert');
  }

  /**
   * Makes a user with this password and these policies. Only a log-in shows whether an existing user has this password, so
   * it tries one and revokes its token; where Vault refuses it, the password is written.
   * https://developer.hashicorp.com/vault/api-docs/auth/userpass#create-update-user
   */
  async ensureUser(name: string, password: Secret, policies: readonly string[]): Promise<boolean> {
    const fields = {
      token_policies: [...policies].sort(),
      token_ttl: sessionSeconds,
      token_max_ttl: sessionSeconds,
    };
    const what = `write the user ${name}`;
    if (this.#client.looks && (await this.#hasUser(name)) && (await this.#opens(name, password)))
      return await this.#client.ensure(userPath(name), fields, what);
    await this.#client.change(userPath(name), { ...fields, password }, what);
    return true;
  }

  /**
   * Deletes a user, if it exists. Tokens of earlier log-ins stay valid until they expire.
   * https://developer.hashicorp.com/vault/api-docs/auth/userpass#delete-user
   */
  async deleteUser(name: string): Promise<void> {
    await this.#client.delete(userPath(name), `delete the user ${name}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/cert#create-ca-certificate-role */
  async ensureCertRole(name: string, role: CertificateRole): Promise<boolean> {
    const path = certRolePath(name);
    const ttl = durationToSeconds(role.ttl);
    const wanted = {
      certificate: role.ca,
      allowed_common_names: [...role.allowedCommonNames],
      token_policies: [...role.policies].sort(),
      token_ttl: ttl,
      token_max_ttl: ttl,
      token_explicit_max_ttl: ttl,
      // A host gets what its policies allow and nothing else.
      token_no_default_policy: true,
    };
    if (this.#client.looks) {
      const found = await this.#certRole(name);
      // Vault may return the PEM with another line ending.
      const there = found && { ...found, certificate: found.certificate.trim() };
      if (!differs(there, { ...wanted, certificate: role.ca.trim() })) return false;
    }
    await this.#client.change(path, wanted, `write the certificate role ${name}`);
    return true;
  }

  /**
   * The CAs whose certificates log in as this role, PEM; undefined when there is no such role.
   * https://developer.hashicorp.com/vault/api-docs/auth/cert#read-ca-certificate-role
   */
  async certRoleCa(name: string): Promise<string | undefined> {
    return (await this.#certRole(name))?.certificate;
  }

  /**
   * Deletes a certificate role, if it exists. Tokens of earlier log-ins stay valid until they expire.
   * https://developer.hashicorp.com/vault/api-docs/auth/cert#delete-certificate-role
   */
  async deleteCertRole(name: string): Promise<void> {
    await this.#client.delete(certRolePath(name), `delete the certificate role ${name}`);
  }

  /**
   * All service tokens that Vault keeps; one that expires meanwhile is left out. Reads each of them, as an administrator.
   * https://developer.hashicorp.com/vault/api-docs/auth/token#list-accessors
   */
  async tokens(): Promise<AccessorFacts[]> {
    const accessors = await this.#client.list('auth/token/accessors', 'list the accessors of tokens');
    const found = await Promise.allSettled(accessors.map((accessor) => this.#token(accessor)));
    const tokens = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    // Vault gives the same answer for an expired token as for one that the caller may not look up. Its own is always there.
    const refusal = found.find(
      (one) => one.status === 'rejected' && !isOneOf(one.reason, 'VAULT_PERMISSION_DENIED', 'VAULT_FAILED'),
    );
    const [first] = tokens.length === 0 ? found : [refusal];
    if (first?.status === 'rejected') throw first.reason;
    return tokens;
  }

  /** Revokes the token with this accessor. https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-accessor */
  async revokeAccessor(accessor: string): Promise<void> {
    await this.#client.change('auth/token/revoke-accessor', { accessor }, 'revoke a token by its accessor');
  }

  async #ensureMethod(type: 'userpass' | 'cert'): Promise<boolean> {
    const there = await this.#client.unlessThere(
      () => this.#client.change(`sys/auth/${type}`, { type }, `enable the log-in method ${type}`),
      async () => (await this.#client.read('sys/auth', methods, 'list the log-in methods'))?.data[`${type}/`],
    );
    if (there !== undefined && there.type !== type)
      throw this.#client.otherType(`auth/${type}`, there.type, type);
    return there === undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/userpass#read-user */
  async #hasUser(name: string): Promise<boolean> {
    const schema = z.object({ data: z.unknown() });
    return (await this.#client.read(userPath(name), schema, `read the user ${name}`)) !== undefined;
  }

  async #opens(name: string, password: Secret): Promise<boolean> {
    try {
      const token = await logInUserpass(this.#client, name, password);
      await revokeToken(this.#client.withToken(token));
      return true;
    } catch (error) {
      if (isOneOf(error, 'LOGIN_REFUSED', 'LOGIN_BLOCKED')) return false;
      throw error;
    }
  }

  async #certRole(name: string): Promise<{ certificate: string } | undefined> {
    const schema = z.object({ data: z.looseObject({ certificate: z.string() }) });
    const what = `read the certificate role ${name}`;
    return (await this.#client.read(certRolePath(name), schema, what))?.data;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-accessor */
  async #token(accessor: string): Promise<AccessorFacts> {
    const schema = z.object({
      data: z.object({
        policies: z.array(z.string()).nullish(),
        display_name: z.string(),
        path: z.string(),
      }),
    });
    const what = 'look up a token by its accessor';
    const { data } = await this.#client.write('auth/token/lookup-accessor', { accessor }, schema, what);
    const { policies, display_name: displayName, path } = data;
    return { accessor, policies: policies ?? [], displayName, path };
  }
}

function isOneOf(error: unknown, ...codes: ErrorCode[]): boolean {
  return error instanceof NecoError && codes.includes(error.code);
}
