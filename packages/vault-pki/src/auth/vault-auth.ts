import { isDeepStrictEqual } from 'node:util';
import { NecoError, type ErrorCode, type Secret } from '@neco/core';
import * as z from 'zod';
import { differs } from '../edge/differs.ts';
import { durationToSeconds } from '../edge/duration-to-seconds.ts';
import type { VaultClient } from '../edge/vault-client.ts';
import { parseCrl } from '../x509/parse-crl.ts';
import { logInUserpass } from './log-in.ts';
import { revokeToken } from './own-token.ts';

/** Who may log in with a certificate, and with which policies. */
export interface CertificateRole {
  /** The CA that must have signed the certificate, PEM. */
  ca: string;
  /** The common names that may log in; compared whole. */
  allowedCommonNames: readonly string[];
  /** The certificate must carry one of these; none is demanded by default. */
  organizationalUnits?: readonly string[];
  /** All policies of the token: Vault's policy `default` is not added. */
  policies: readonly string[];
  /** Life of the token, as `10m`; it cannot be renewed beyond. */
  ttl: string;
}

/** What a certificate role demands of a certificate. */
export type CertificateRoleFacts = Required<Pick<CertificateRole, 'ca' | 'organizationalUnits'>>;

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

const limitPath = 'sys/quotas/rate-limit/neco-userpass';

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
   * Lets so many log-ins by password a minute come from one address, and stops locking a user after five wrong passwords: anyone who
   * reaches Vault could give those, and keep the person out of all servers for as long as they like.
   * https://developer.hashicorp.com/vault/api-docs/system/rate-limit-quotas
   * https://developer.hashicorp.com/vault/docs/concepts/user-lockout
   *
   * @returns whether anything was changed
   */
  async limitLogIns(perMinute: number): Promise<boolean> {
    const quota = { path: 'auth/userpass/login/*', rate: perMinute, interval: 60 };
    const limited = await this.#client.ensure(limitPath, quota, 'limit the log-ins by password');
    // Only where they are limited: a user that is never locked could else be tried without an end.
    return (await this.#stopLocking()) || limited;
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
      allowed_organizational_units: [...(role.organizationalUnits ?? [])],
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
    return (await this.certRole(name))?.ca;
  }

  /**
   * What a certificate must be to log in as this role; undefined when there is no such role.
   * https://developer.hashicorp.com/vault/api-docs/auth/cert#read-ca-certificate-role
   */
  async certRole(name: string): Promise<CertificateRoleFacts | undefined> {
    const found = await this.#certRole(name);
    return found && { ca: found.certificate, organizationalUnits: found.allowed_organizational_units };
  }

  /**
   * Makes the log-in by certificate refuse what this list revokes: it does not look at the lists of the PKI engine. The list
   * takes the place of the one that was there under the name.
   * https://developer.hashicorp.com/vault/api-docs/auth/cert#create-crl
   *
   * @param name in lower case
   * @param crl DER
   * @throws NecoError CERTIFICATE_INVALID for what is not a revocation list
   */
  async ensureRevocationList(name: string, crl: Uint8Array): Promise<boolean> {
    const path = `auth/cert/crls/${encodeURIComponent(name)}`;
    const { serials } = parseCrl(crl);
    if (this.#client.looks) {
      const there = await this.revokedForLogin(name);
      if (there !== undefined && isDeepStrictEqual(there, [...serials].sort())) return false;
    }
    const body = { crl: toPem(crl) };
    await this.#client.change(path, body, `write the revocation list ${name} of the log-in by certificate`);
    return true;
  }

  /**
   * The serial numbers that the log-in by certificate refuses by the list of this name, sorted; undefined when there is none.
   * https://developer.hashicorp.com/vault/api-docs/auth/cert#read-crl
   *
   * @returns `0a:1b:…` each
   */
  async revokedForLogin(name: string): Promise<string[] | undefined> {
    const what = `list the revocation lists of the log-in by certificate`;
    // To read one that is not there is an error, and not a 404.
    if (!(await this.#client.list('auth/cert/crls', what)).includes(name)) return undefined;
    const schema = z.object({ data: z.object({ serials: z.record(z.string(), z.unknown()).nullable() }) });
    const path = `auth/cert/crls/${encodeURIComponent(name)}`;
    const found = await this.#client.read(path, schema, `read the revocation list ${name}`);
    return (
      found &&
      Object.keys(found.data.serials ?? {})
        .map(fromDecimal)
        .sort()
    );
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

  /** https://developer.hashicorp.com/vault/api-docs/system/auth#tune-auth-method */
  async #stopLocking(): Promise<boolean> {
    const path = 'sys/auth/userpass/tune';
    if (this.#client.looks) {
      const schema = z.object({ data: z.object({ user_lockout_disable: z.boolean().optional() }) });
      const found = await this.#client.read(path, schema, 'read how users are locked');
      if (found?.data.user_lockout_disable === true) return false;
    }
    const body = { user_lockout_config: { lockout_disable: true } };
    await this.#client.change(path, body, 'stop locking users');
    return true;
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

  async #certRole(
    name: string,
  ): Promise<{ certificate: string; allowed_organizational_units: string[] } | undefined> {
    const units = z
      .array(z.string())
      .nullish()
      .transform((list) => list ?? []);
    const schema = z.object({
      data: z.looseObject({ certificate: z.string(), allowed_organizational_units: units }),
    });
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

function toPem(crl: Uint8Array): string {
  const lines =
    Buffer.from(crl)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n');
}

/** A serial number as the rest of Vault writes it. */
function fromDecimal(serial: string): string {
  const hex = BigInt(serial).toString(16);
  return (hex.padStart(hex.length + (hex.length % 2), '0').match(/../g) ?? []).join(':');
}

function isOneOf(error: unknown, ...codes: ErrorCode[]): boolean {
  return error instanceof NecoError && codes.includes(error.code);
}
