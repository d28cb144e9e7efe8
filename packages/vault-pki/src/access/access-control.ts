import { NecoError, type Secret } from '@neco/core';
import * as z from 'zod';
import { differs } from '../edge/differs.ts';
import { durationToSeconds } from '../edge/duration-to-seconds.ts';
import type { VaultClient } from '../edge/vault-client.ts';

/** Who may log in with a certificate, and what for. */
export interface CertificateRole {
  /** The CA that must have signed the certificate, PEM. */
  ca: string;
  /** The common names that may log in; compared whole. */
  allowedCommonNames: readonly string[];
  /** All that the token gets: Vault's policy `default` is not added. */
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

/** A token seen by its accessor, which is no secret: it cannot be used in the token's place. */
export interface AccessorFacts {
  accessor: string;
  policies: string[];
  displayName: string;
  /** The log-in that made it, as `auth/cert/login`. */
  path: string;
}

const typed = z.object({ data: z.record(z.string(), z.object({ type: z.string() })) });

const userPath = (name: string) => `auth/userpass/users/${encodeURIComponent(name)}`;

const certRolePath = (name: string) => `auth/cert/certs/${encodeURIComponent(name)}`;

/** A person logs in for a working day. */
const sessionSeconds = 8 * 3600;

const login = z.object({ auth: z.object({ client_token: z.string() }) });

/** Who may log in to one Vault, what they may do, and who writes it down. */
export class AccessControl {
  readonly #client: VaultClient;

  constructor(client: VaultClient) {
    this.#client = client;
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/policies#create-update-acl-policy */
  async ensurePolicy(name: string, hcl: string): Promise<boolean> {
    const path = `sys/policies/acl/${encodeURIComponent(name)}`;
    if (this.#client.looks && (await this.policy(name)) === hcl) return false;
    await this.#client.change(path, { policy: hcl }, `write the policy ${name}`);
    return true;
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/policies#read-acl-policy */
  async policy(name: string): Promise<string | undefined> {
    const path = `sys/policies/acl/${encodeURIComponent(name)}`;
    const schema = z.object({ data: z.object({ policy: z.string() }) });
    return (await this.#client.read(path, schema, `read the policy ${name}`))?.data.policy;
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/policies#delete-acl-policy */
  async deletePolicy(name: string): Promise<void> {
    await this.#client.delete(`sys/policies/acl/${encodeURIComponent(name)}`, `delete the policy ${name}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/auth#enable-auth-method */
  async ensureAuthMethod(type: 'userpass' | 'cert'): Promise<boolean> {
    const there = await this.#client.unlessThere(
      () => this.#client.change(`sys/auth/${type}`, { type }, `enable the log-in ${type}`),
      async () => (await this.#client.read('sys/auth', typed, 'list the ways to log in'))?.data[`${type}/`],
    );
    if (there !== undefined && there.type !== type) throw this.#notOfType(`auth/${type}`, there.type, type);
    return there === undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/userpass#read-user */
  async hasUser(name: string): Promise<boolean> {
    const found = await this.#client.read(
      userPath(name),
      z.object({ data: z.unknown() }),
      `read the user ${name}`,
    );
    return found !== undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/userpass#create-update-user */
  async ensureUser(name: string, policies: readonly string[], password?: Secret): Promise<boolean> {
    const fields = {
      token_policies: [...policies].sort(),
      token_ttl: sessionSeconds,
      token_max_ttl: sessionSeconds,
    };
    const what = `write the user ${name}`;
    if (password === undefined) return await this.#client.ensure(userPath(name), fields, what);
    await this.#client.change(userPath(name), { ...fields, password }, what);
    return true;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/userpass#delete-user */
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
      // A host gets what its policies say and nothing besides.
      token_no_default_policy: true,
    };
    if (this.#client.looks) {
      const schema = z.object({ data: z.looseObject({ certificate: z.string() }) });
      const found = await this.#client.read(path, schema, `read the certificate role ${name}`);
      // Vault may give the PEM back with another end of line.
      const there = found && { ...found.data, certificate: found.data.certificate.trim() };
      if (!differs(there, { ...wanted, certificate: role.ca.trim() })) return false;
    }
    await this.#client.change(path, wanted, `write the certificate role ${name}`);
    return true;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/cert#read-ca-certificate-role */
  async hasCertRole(name: string): Promise<boolean> {
    const schema = z.object({ data: z.unknown() });
    return (
      (await this.#client.read(certRolePath(name), schema, `read the certificate role ${name}`)) !== undefined
    );
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/cert#read-certificate-role */
  async certRoleCa(name: string): Promise<string | undefined> {
    const schema = z.object({ data: z.looseObject({ certificate: z.string() }) });
    const found = await this.#client.read(certRolePath(name), schema, `read the certificate role ${name}`);
    return found?.data.certificate;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/cert#delete-certificate-role */
  async deleteCertRole(name: string): Promise<void> {
    await this.#client.delete(certRolePath(name), `delete the certificate role ${name}`);
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/userpass#login */
  async loginUserpass(user: string, password: Secret): Promise<string> {
    const path = `auth/userpass/login/${encodeURIComponent(user)}`;
    return (await this.#client.write(path, { password }, login, `log in the user ${user}`)).auth.client_token;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method */
  async loginCertificate(role: string): Promise<string> {
    const answer = await this.#client.write(
      'auth/cert/login',
      { name: role },
      login,
      `log in with a certificate as ${role}`,
    );
    return answer.auth.client_token;
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self */
  async lookupSelf(): Promise<TokenFacts> {
    const schema = z.object({
      data: z.object({
        policies: z.array(z.string()),
        ttl: z.number(),
        accessor: z.string(),
        display_name: z.string(),
      }),
    });
    const found = await this.#client.read('auth/token/lookup-self', schema, 'look up its token');
    if (found === undefined) throw this.#client.fault('it knows nothing of its token', 'log in again');
    const { policies, ttl, accessor, display_name: displayName } = found.data;
    return { policies, ttl, accessor, displayName };
  }

  /**
   * The tokens of service type, each by its accessor; one that ends meanwhile is left out.
   * https://developer.hashicorp.com/vault/api-docs/auth/token#list-accessors
   */
  async tokens(): Promise<AccessorFacts[]> {
    const accessors = await this.#client.list('auth/token/accessors', 'list the accessors of tokens');
    const found = await Promise.allSettled(accessors.map((accessor) => this.#token(accessor)));
    const tokens = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    // Of a token that has ended Vault says the same as to who may not ask; but one's own is always there.
    const refusal = found.find((one) => one.status === 'rejected' && !isRefused(one.reason));
    const [first] = tokens.length === 0 ? found : [refusal];
    if (first?.status === 'rejected') throw first.reason;
    return tokens;
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

  /** https://developer.hashicorp.com/vault/api-docs/system/audit#list-enabled-audit-devices */
  async auditDevices(): Promise<AuditDevice[]> {
    const device = z.object({ type: z.string(), options: z.record(z.string(), z.string()).nullish() });
    const found = await this.#client.read(
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
  async ensureAuditDevice({ path, type, options }: AuditDevice): Promise<boolean> {
    const there = await this.#client.unlessThere(
      () => this.#client.change(`sys/audit/${path}`, { type, options }, `enable the audit device ${path}`),
      async () => (await this.auditDevices()).find((device) => device.path === path),
    );
    if (there !== undefined && there.type !== type) throw this.#notOfType(`audit/${path}`, there.type, type);
    return there === undefined;
  }

  #notOfType(path: string, there: string, wanted: string): NecoError {
    return this.#client.fault(
      `${path} is of type ${there}, not ${wanted}`,
      'disable it there and run the same again',
    );
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof NecoError && ['VAULT_PERMISSION_DENIED', 'VAULT_FAILED'].includes(error.code);
}
