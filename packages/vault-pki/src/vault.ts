import type { Secret } from '@neco/core';
import { logInCertificate, logInUserpass } from './auth/log-in.ts';
import { lookUpToken, revokeToken, type TokenFacts } from './auth/own-token.ts';
import { VaultAuth } from './auth/vault-auth.ts';
import { VaultClient } from './edge/vault-client.ts';
import type { VaultConnection } from './edge/vault-connection.ts';
import { Pki } from './pki/pki.ts';
import { VaultSystem } from './system/vault-system.ts';

/**
 * One Vault, used with one token or none: the connection, its log-in and its token. What Vault does is in three parts:
 * `system`, `auth` and `pki(mount)`.
 *
 * Every call has the connection's deadline and throws, besides what its method names, NecoError VAULT_UNREACHABLE (no answer;
 * retryable), CERTIFICATE_INVALID (Vault's certificate is not trusted), VAULT_SEALED, VAULT_UNINITIALIZED,
 * VAULT_HALF_INITIALIZED, VAULT_PERMISSION_DENIED, VAULT_AUDIT_FAILED or VAULT_FAILED with Vault's own message. No error contains a token or any
 * part of a request's body.
 *
 * Methods called `ensure…` read first, write only what differs, and return whether they wrote.
 */
export class Vault {
  /** Its state, initialisation and unsealing, leadership, policies and audit devices: all under `sys/`. */
  readonly system: VaultSystem;
  /** Who can log in, by password or certificate, and the tokens in use: all under `auth/`. */
  readonly auth: VaultAuth;
  readonly #client: VaultClient;

  private constructor(client: VaultClient) {
    this.#client = client;
    this.system = new VaultSystem(client);
    this.auth = new VaultAuth(client);
  }

  /** A Vault at a connection. Sends nothing yet. */
  static connect(connection: VaultConnection, token?: Secret): Vault {
    return new Vault(new VaultClient(connection, token));
  }

  /** The PKI secrets engine at a mount, such as `ca/server`; whether it is there shows when it is used. */
  pki(mount: string): Pki {
    return new Pki(this.#client, mount);
  }

  /** Where this Vault is. */
  get address(): string {
    return this.#client.connection.address;
  }

  /** The same Vault, used with another token. */
  withToken(token: Secret): Vault {
    return new Vault(this.#client.withToken(token));
  }

  /**
   * The same Vault, used with the same token under a lock.
   * @param check called right before each request is sent: what it throws is thrown by the call, and nothing is sent.
   */
  checked(check: () => void): Vault {
    return new Vault(this.#client.checked(check));
  }

  /**
   * The Vault at another address of the same cluster, used with this token.
   * @param serverName the name that its certificate must carry; the host of the address by default.
   */
  at(address: string, serverName?: string): Vault {
    return new Vault(this.#client.at(address, serverName));
  }

  /**
   * The same Vault, where the methods called `ensure…` write without reading first: for a new Vault, where a read costs a
   * request and finds nothing. What exists nevertheless is found and corrected as usual.
   */
  asNew(): Vault {
    return new Vault(this.#client.asNew());
  }

  /**
   * Logs in a user and returns the Vault used with the new token.
   *
   * @throws NecoError LOGIN_REFUSED for a wrong name or password, which Vault does not distinguish; LOGIN_BLOCKED where Vault
   * refuses the user whatever the password, as a locked one.
   */
  async loginUserpass(user: string, password: Secret): Promise<Vault> {
    return this.withToken(await logInUserpass(this.#client, user, password));
  }

  /**
   * Logs in with the connection's certificate as one role and returns the Vault used with the new token.
   *
   * @throws NecoError VAULT_PERMISSION_DENIED when the role does not accept this certificate, or does not exist.
   */
  async loginCertificate(role: string): Promise<Vault> {
    return this.withToken(await logInCertificate(this.#client, role));
  }

  /** What this token may do, and for how long. @throws NecoError VAULT_PERMISSION_DENIED when it is no longer valid. */
  async lookupSelf(): Promise<TokenFacts> {
    return await lookUpToken(this.#client);
  }

  /** Logs out: revokes this token. */
  async revokeSelf(): Promise<void> {
    await revokeToken(this.#client);
  }
}
