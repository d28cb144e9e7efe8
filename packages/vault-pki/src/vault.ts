import { NecoError, Secret } from '@neco/core';
import {
  AccessControl,
  type AccessorFacts,
  type AuditDevice,
  type CertificateRole,
  type TokenFacts,
} from './access/access-control.ts';
import { VaultClient } from './edge/vault-client.ts';
import type { VaultConnection } from './edge/vault-connection.ts';
import { PkiEngine, type ExportedCa, type Revocation } from './pki/pki-engine.ts';
import { sign, type SignedCertificate, type SignRequest } from './pki/sign.ts';
import type { SigningRole } from './pki/signing-role.ts';
import {
  SystemBackend,
  type InitializedVault,
  type VaultHealth,
  type VaultLeader,
  type VaultSealStatus,
} from './system/system-backend.ts';

/**
 * One Vault, seen with one token or none. Every call has the connection's deadline and throws, besides what its method
 * names, NecoError VAULT_UNREACHABLE (no answer; worth trying again), CERTIFICATE_INVALID (its certificate is not trusted),
 * VAULT_SEALED, VAULT_UNINITIALIZED, VAULT_HALF_INITIALIZED, VAULT_PERMISSION_DENIED or VAULT_FAILED with what Vault said. No
 * error holds a token or anything of a request's body.
 *
 * Methods called `ensure…` look first, change only what differs, and say whether they changed anything.
 */
export class Vault {
  readonly #token: Secret | undefined;
  readonly #client: VaultClient;
  readonly #system: SystemBackend;
  readonly #pki: PkiEngine;
  readonly #access: AccessControl;

  private constructor(client: VaultClient, token?: Secret) {
    this.#token = token;
    this.#client = client;
    this.#system = new SystemBackend(this.#client);
    this.#pki = new PkiEngine(this.#client);
    this.#access = new AccessControl(this.#client);
  }

  /** A Vault at a connection; nothing is sent yet. */
  static connect(connection: VaultConnection, token?: Secret): Vault {
    return new Vault(new VaultClient(connection, token), token);
  }

  /** The same Vault, seen with another token. */
  withToken(token: Secret): Vault {
    return this.#as(token, { looks: true });
  }

  /**
   * The same Vault, where the methods called `ensure…` write without looking first: for a Vault that is new, where looking
   * costs a request each and finds nothing. What is there all the same is found, and put right, as ever.
   */
  asNew(): Vault {
    return this.#as(this.#token, { looks: false });
  }

  #as(token: Secret | undefined, { looks }: { looks: boolean }): Vault {
    const { connection, transport } = this.#client;
    return new Vault(new VaultClient(connection, token, { looks, transport }), token);
  }

  /** Where this Vault is. */
  get address(): string {
    return this.#client.connection.address;
  }

  /**
   * How it is; sealed, standby and uninitialised are answers, not errors. Needs no token.
   * https://developer.hashicorp.com/vault/api-docs/system/health
   */
  async health(): Promise<VaultHealth> {
    return await this.#system.health();
  }

  /** Whether it is sealed and how far unsealing is. Needs no token. https://developer.hashicorp.com/vault/api-docs/system/seal-status */
  async sealStatus(): Promise<VaultSealStatus> {
    return await this.#system.sealStatus();
  }

  /** Who leads. Needs no token, but an unsealed Vault. https://developer.hashicorp.com/vault/api-docs/system/leader */
  async leader(): Promise<VaultLeader> {
    return await this.#system.leader();
  }

  /**
   * Initialises it. Can be done once: prove before that what comes back can be kept.
   * https://developer.hashicorp.com/vault/api-docs/system/init
   *
   * @throws NecoError VAULT_FAILED when it is initialised already.
   */
  async initialize(options: { shares: number; threshold: number }): Promise<InitializedVault> {
    return await this.#system.initialize(options);
  }

  /**
   * Gives one unseal key; the answer says whether more are needed. On a Vault that is not sealed, nothing happens.
   * https://developer.hashicorp.com/vault/api-docs/system/unseal
   *
   * @throws NecoError VAULT_UNINITIALIZED; VAULT_FAILED when the key is not one of this Vault's.
   */
  async unseal(key: Secret): Promise<VaultSealStatus> {
    return await this.#system.unseal(key);
  }

  /**
   * How often the key behind its barrier was made anew; an administrator's to ask.
   * https://developer.hashicorp.com/vault/api-docs/system/key-status
   */
  async barrierKeyTerm(): Promise<number> {
    return await this.#system.barrierKeyTerm();
  }

  /** Gives up leadership; a standby takes over. Nothing happens on a standby. https://developer.hashicorp.com/vault/api-docs/system/step-down */
  async stepDown(): Promise<void> {
    await this.#system.stepDown();
  }

  /** The same of the Vault at another address of this cluster, with this token. */
  async stepDownAt(address: string): Promise<void> {
    const client = new VaultClient({ ...this.#client.connection, address }, this.#token);
    await new SystemBackend(client).stepDown();
  }

  /**
   * Logs in a user and gives the Vault seen with the new token.
   *
   * @throws NecoError VAULT_PERMISSION_DENIED for a wrong name or password, which Vault does not tell apart.
   */
  async loginUserpass(user: string, password: Secret): Promise<Vault> {
    return this.withToken(new Secret(await this.#access.loginUserpass(user, password)));
  }

  /**
   * Logs in with the connection's certificate as one role and gives the Vault seen with the new token.
   *
   * @throws NecoError VAULT_PERMISSION_DENIED when the role does not take this certificate, or there is no such role.
   */
  async loginCertificate(role: string): Promise<Vault> {
    return this.withToken(new Secret(await this.#access.loginCertificate(role)));
  }

  /** What this token may do. */
  async lookupSelf(): Promise<TokenFacts> {
    return await this.#access.lookupSelf();
  }

  /**
   * Gives this token its whole life again, as far as whoever made it allows.
   * https://developer.hashicorp.com/vault/api-docs/auth/token#renew-a-token-self
   *
   * @throws NecoError VAULT_PERMISSION_DENIED when it has ended; VAULT_FAILED when it cannot be renewed.
   */
  async renewSelf(): Promise<TokenFacts> {
    await this.#client.change('auth/token/renew-self', {}, 'renew its token');
    return await this.lookupSelf();
  }

  /** Revokes this token. https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self */
  async revokeSelf(): Promise<void> {
    await this.#client.change('auth/token/revoke-self', {}, 'revoke its token');
  }

  /** Revokes the token with this accessor. https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-accessor */
  async revokeAccessor(accessor: string): Promise<void> {
    await this.#client.change('auth/token/revoke-accessor', { accessor }, 'revoke a token by its accessor');
  }

  /** All tokens that Vault keeps, by their accessors; an administrator's work, for it reads each of them. */
  async tokens(): Promise<AccessorFacts[]> {
    return await this.#access.tokens();
  }

  /**
   * A PKI at this mount whose certificates live up to `maxTtlHours`. Its revocation list is rebuilt with each revocation
   * and stays valid as long as its CA: nobody but a revocation makes a new list, so none expires unseen, and a
   * list that is old but right is better than none, with which etcd refuses everybody.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#set-revocation-configuration
   *
   * @throws NecoError VAULT_FAILED when something else is mounted there.
   */
  async ensurePki(mount: string, options: { maxTtlHours: number }): Promise<boolean> {
    return await this.#pki.ensurePki(mount, options.maxTtlHours);
  }

  /**
   * Makes a CA (EC P-256) and gives its private key out, the only time this is possible. It begins an hour back, so that
   * a server whose clock is behind takes what it signs. Each call makes another CA.
   *
   * @param wanted.ttl its life, as `87600h`.
   */
  async generateExportedCa(mount: string, wanted: { commonName: string; ttl: string }): Promise<ExportedCa> {
    return await this.#pki.generateExportedCa(mount, wanted);
  }

  /** A CA made elsewhere becomes the one that signs at this mount. The same CA is never there twice. */
  async importCa(mount: string, ca: ExportedCa): Promise<boolean> {
    return await this.#pki.importCa(mount, ca);
  }

  /** The CA that signs at this mount, PEM; undefined when there is none yet. Needs no token. */
  async caCertificate(mount: string): Promise<string | undefined> {
    return await this.#pki.caCertificate(mount);
  }

  /**
   * The revocation list of the CA that signs at this mount: DER, version 2, parsed before it is given. Needs no token.
   *
   * @throws NecoError VAULT_FAILED when there is no CA yet; CERTIFICATE_INVALID when it is not a list that etcd takes.
   */
  async crl(mount: string): Promise<Buffer> {
    return await this.#pki.crl(mount);
  }

  /** A signing role with nothing left open; see `signingRoleFields` for what is pinned. */
  async ensureSigningRole(mount: string, name: string, role: SigningRole): Promise<boolean> {
    return await this.#pki.ensureSigningRole(mount, name, role);
  }

  /** The fields in which a signing role is not as wanted; undefined when there is none of that name. Changes nothing. */
  async signingRoleFaults(mount: string, name: string, role: SigningRole): Promise<string[] | undefined> {
    return await this.#pki.signingRoleFaults(mount, name, role);
  }

  async hasSigningRole(mount: string, name: string): Promise<boolean> {
    return await this.#pki.hasSigningRole(mount, name);
  }

  /** Takes a signing role away; none there is as good. */
  async deleteSigningRole(mount: string, name: string): Promise<void> {
    await this.#pki.deleteSigningRole(mount, name);
  }

  /** Has a certificate signed. @throws NecoError VAULT_PERMISSION_DENIED when a policy pins other names. */
  async sign(mount: string, role: string, request: SignRequest): Promise<SignedCertificate> {
    return await sign(this.#client, mount, role, request);
  }

  /** The serial numbers of all certificates that were signed at this mount and are kept. @returns `0a:1b:…` each */
  async certificates(mount: string): Promise<string[]> {
    return await this.#pki.certificates(mount);
  }

  /** A certificate that was signed at this mount, PEM; undefined when this Vault has none of that number. */
  async certificate(mount: string, serial: string): Promise<string | undefined> {
    return await this.#pki.certificate(mount, serial);
  }

  /** Revokes a certificate; one that is revoked already stays so. @param serial `0a:1b:…`. */
  async revoke(mount: string, serial: string): Promise<void> {
    await this.#pki.revoke(mount, serial);
  }

  /**
   * Revokes a certificate that this Vault does not keep, because another one signed it with the same CA; one that is
   * revoked already stays so.
   * https://developer.hashicorp.com/vault/api-docs/secret/pki#revoke-certificate
   * @param certificate PEM
   * @throws NecoError VAULT_FAILED when no CA of that mount signed it; VAULT_*
   */
  async revokeCertificate(mount: string, certificate: string): Promise<void> {
    await this.#pki.revokeCertificate(mount, certificate);
  }

  /**
   * Revokes several certificates. Vault makes the list of revocations anew once, at the end, and not for each; that it is
   * made holds also for what a call before, which was stopped, had revoked. Until the end the list is as it was before.
   * @throws NecoError VAULT_FAILED for one that is neither kept nor signed by a CA of that mount; VAULT_*
   */
  async revokeAll(mount: string, revocations: readonly Revocation[]): Promise<void> {
    await this.#pki.revokeAll(mount, revocations);
  }

  /** The text of a policy; undefined when there is none of that name. */
  async policy(name: string): Promise<string | undefined> {
    return await this.#access.policy(name);
  }

  async ensurePolicy(name: string, hcl: string): Promise<boolean> {
    return await this.#access.ensurePolicy(name, hcl);
  }

  /** Takes a policy away, and with it what it allowed to tokens that are out; none there is as good. */
  async deletePolicy(name: string): Promise<void> {
    await this.#access.deletePolicy(name);
  }

  /** The log-in by name and password, at `auth/userpass`. */
  async ensureUserpass(): Promise<boolean> {
    return await this.#access.ensureAuthMethod('userpass');
  }

  /**
   * A user with this password and these policies. Whether the password is right, only a log-in can tell: one is tried
   * where the user is there, and its token revoked.
   */
  async ensureUser(name: string, password: Secret, policies: readonly string[]): Promise<boolean> {
    if (this.#client.looks && (await this.hasUser(name)) && (await this.#opens(name, password))) {
      return await this.#access.ensureUser(name, policies);
    }
    return await this.#access.ensureUser(name, policies, password);
  }

  async hasUser(name: string): Promise<boolean> {
    return await this.#access.hasUser(name);
  }

  /** Takes a user away; none there is as good. Tokens of log-ins before live on until they end. */
  async deleteUser(name: string): Promise<void> {
    await this.#access.deleteUser(name);
  }

  /** The log-in by client certificate, at `auth/cert`. */
  async ensureCertAuth(): Promise<boolean> {
    return await this.#access.ensureAuthMethod('cert');
  }

  async ensureCertRole(name: string, role: CertificateRole): Promise<boolean> {
    return await this.#access.ensureCertRole(name, role);
  }

  async hasCertRole(name: string): Promise<boolean> {
    return await this.#access.hasCertRole(name);
  }

  /** The CAs whose certificates log in as this role, PEM; undefined when there is none of that name. */
  async certRoleCa(name: string): Promise<string | undefined> {
    return await this.#access.certRoleCa(name);
  }

  /** Takes a certificate role away; none there is as good. */
  async deleteCertRole(name: string): Promise<void> {
    await this.#access.deleteCertRole(name);
  }

  async auditDevices(): Promise<AuditDevice[]> {
    return await this.#access.auditDevices();
  }

  /**
   * An audit device. One that is there with other options is left alone: Vault cannot change them, and taking it away
   * would lose records.
   *
   * @throws NecoError VAULT_FAILED when Vault cannot write to it, or another type is there.
   */
  async ensureAuditDevice(
    path: string,
    type: 'file' | 'syslog' | 'socket',
    options: Record<string, string>,
  ): Promise<boolean> {
    return await this.#access.ensureAuditDevice({ path, type, options });
  }

  async #opens(name: string, password: Secret): Promise<boolean> {
    try {
      await (await this.loginUserpass(name, password)).revokeSelf();
      return true;
    } catch (error) {
      if (error instanceof NecoError && error.code === 'VAULT_PERMISSION_DENIED') return false;
      throw error;
    }
  }
}
