import { inTime, NecoError, type Reporter } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { LockedTurn } from '@neco/bootserver-registry';
import { underLock, type Administration } from './administration.ts';
import { serversOf, type ClusterConnection } from './cluster-connection.ts';
import { FreshRoot } from '../etcd/etcd-root.ts';
import { refuseReadOnly } from '../etcd/refuse-read-only.ts';
import { findVault } from '../vault/find-vault.ts';
import { hostLayout, type HostLayout } from '../host-layout.ts';
import { withOperationLock } from './operation-lock.ts';
import { requireFile } from '../require-file.ts';
import { VaultSession } from '../vault/vault-session.ts';
import { askedLogIn, type AskVaultUser } from '../vault/vault-user.ts';

export interface PersonOptions {
  /** This server's own connection to the cluster. */
  connection: ClusterConnection;
  host: HostReader;
  layout?: HostLayout;
  vaultUser: AskVaultUser;
  reporter: Reporter;
  signal: AbortSignal;
}

export interface Change {
  /** The command, as in `neco init squid`; undefined for a dry run, which takes no lock. */
  what: string | undefined;
  /** How long to wait for another command that changes something, in ms; without it as long as that takes. */
  turnLimit?: number;
  /** The connection to use, where it is not the one that this was opened with. */
  connection?: ClusterConnection;
}

/** How long a log-in that is under way is waited for at the end, so that its token can be given back, in ms. */
const closingLimit = 1000;

/** Vault as a person, an operator or an administrator, who is asked when it is first used. */
export class OperatorAccess implements AsyncDisposable {
  protected readonly options: PersonOptions;
  protected readonly person: ReturnType<typeof askedLogIn>;
  #loggingIn: Promise<{ vault: VaultSession; servers: Map<number, string> }> | undefined;

  constructor(options: PersonOptions) {
    this.options = options;
    this.person = askedLogIn(options.vaultUser);
  }

  /** The name of the person who logged in. */
  get user(): string {
    return this.person.name();
  }

  /** Logs in when it is first called. @throws NecoError FILE_FAILED, ETCD_*, LOGIN_REFUSED, VAULT_*, TIMEOUT, CANCELLED */
  async vault(): Promise<VaultSession> {
    return (await this.loggedIn()).vault;
  }

  /** Gives the token back. A log-in that is still under way is waited for, though not for long. */
  async [Symbol.asyncDispose](): Promise<void> {
    await inTime(this.closed(), { limit: closingLimit }, undefined).catch(() => undefined);
  }

  protected async closed(): Promise<void> {
    await (await this.#loggingIn)?.vault.close();
  }

  protected loggedIn(): Promise<{ vault: VaultSession; servers: Map<number, string> }> {
    this.#loggingIn ??= this.#logIn();
    return this.#loggingIn;
  }

  async #logIn(): Promise<{ vault: VaultSession; servers: Map<number, string> }> {
    const { connection, host, layout = hostLayout, reporter, signal } = this.options;
    const [ca, servers] = await Promise.all([
      requireFile(host, layout.serverCa),
      serversOf(connection),
      refuseReadOnly(connection.etcd),
    ]);
    const vault = await VaultSession.open({
      reach: () => findVault({ servers, own: connection.lrn, ca }),
      logIn: this.person.logIn,
      reporter,
      signal,
    });
    return { vault, servers };
  }
}

/** All that changing the cluster takes: Vault as an administrator, etcd as root, and the lock. */
export class AdministratorAccess extends OperatorAccess {
  #root: Promise<FreshRoot> | undefined;

  /**
   * Logs in ahead of `change`, which reports what came of it. For log-ins that ask nobody: a person would be asked in the middle of
   * something else.
   * @param readAhead reads what will be of use; what fails there has no consequence yet.
   */
  begin(readAhead: (vault: VaultSession) => Promise<unknown>): void {
    void this.#freshRoot().catch(() => undefined);
    this.vault()
      .then(readAhead)
      .catch(() => undefined);
  }

  /**
   * Runs `work` with all of it when the turn of this command has come, and gives the token back.
   * @throws NecoError CONFIG_*, FILE_FAILED, BUSY, ETCD_*, VAULT_*, LOGIN_REFUSED, CANCELLED; and what `work` throws
   */
  async change<T>(
    { what, turnLimit, connection = this.options.connection }: Change,
    work: (administration: Administration, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const [vault, root] = await Promise.all([this.vault(), this.#freshRoot()]);
    const { reporter, signal, host, layout = hostLayout } = this.options;
    const { registry, name: server } = connection;
    const asRoot = async (turn?: LockedTurn): Promise<T> => {
      const { connection: place } = connection.etcd;
      const ca = place.tls?.ca ?? (await requireFile(host, layout.serverCa));
      const etcd = EtcdCluster.connect({ ...place, tls: { ca, ...(await root.pair(vault)) } });
      const all = { etcd, registry, vault };
      const administration = turn === undefined ? all : underLock(all, turn);
      try {
        return await work(administration, turn?.signal ?? signal).catch(forAdministrators);
      } finally {
        administration.etcd.close();
        etcd.close();
        void vault.close(); // while the lock is given back
      }
    };
    if (what === undefined) return await asRoot();
    const limit = turnLimit === undefined ? {} : { timeout: turnLimit };
    return await withOperationLock(registry, { what, server, reporter, signal, ...limit }, asRoot);
  }

  protected override async closed(): Promise<void> {
    const settled = this.#root?.then((root) => root.settled());
    await Promise.all([super.closed(), settled]);
  }

  /** Signed for this server's own log-in, once the person has logged in: a mistyped password must have no effect. */
  #freshRoot(): Promise<FreshRoot> {
    this.#root ??= this.loggedIn().then(({ servers }) => {
      const { connection, ...options } = this.options;
      return new FreshRoot({ ...options, lrn: connection.lrn, name: connection.name, servers });
    });
    return this.#root;
  }
}

function forAdministrators(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: 'log in as an administrator: a Vault user with the policy neco-administrator',
    cause: error,
  });
}
