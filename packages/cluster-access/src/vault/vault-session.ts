import { NecoError, waitFor, type Reporter } from '@neco/core';
import type { HeldLock } from '@neco/etcd-admin';
import type { Vault } from '@neco/vault-pki';

/**
 * How long a new active Vault is waited for when the old one has died, in ms: after a power cut its lock lives on for 15 s,
 * and the kernel gives the connections to the dead etcd up one after the other, each after as long again.
 */
const failoverLimit = 90_000;

export interface VaultSessionOptions {
  /** Finds a Vault that serves. */
  reach: () => Promise<Vault>;
  /** Logs in to it. Called again when the session had to go to another. */
  logIn: (vault: Vault) => Promise<Vault>;
  reporter: Reporter;
  signal: AbortSignal;
}

/** A log-in, shared by the session and what works with it under a lock. */
interface LogIn {
  /** One for all that is done side by side. */
  vault: Promise<Vault> | undefined;
  closing: Promise<void> | undefined;
}

/** A log-in to whichever Vault serves: when that one dies in the middle, the work goes on at another. */
export class VaultSession {
  readonly #options: VaultSessionOptions;
  readonly #logIn: LogIn;
  readonly #lock: HeldLock | undefined;

  private constructor(
    options: VaultSessionOptions,
    logIn: LogIn = { vault: undefined, closing: undefined },
    lock?: HeldLock,
  ) {
    this.#options = options;
    this.#logIn = logIn;
    this.#lock = lock;
  }

  /** Logs in, without a limit: a person may have to type. @throws NecoError VAULT_*, and what `logIn` throws */
  static async open(options: VaultSessionOptions): Promise<VaultSession> {
    const session = new VaultSession(options);
    try {
      await session.#loggedIn();
    } catch (error) {
      if (!(error instanceof NecoError && error.retryable)) throw error;
      await session.run('Vault to have a leader', () => Promise.resolve());
    }
    return session;
  }

  /** The same log-in, for work under a lock: it asks Vault for nothing any more once the lock may be lost. */
  under(lock: HeldLock, signal: AbortSignal): VaultSession {
    const options = { ...this.#options, signal: AbortSignal.any([this.#options.signal, signal]) };
    return new VaultSession(options, this.#logIn, lock);
  }

  /**
   * Does a piece of work that does no harm when it is done twice.
   * @param what as in "waiting for <what>".
   * @throws NecoError VAULT_*, TIMEOUT when no Vault came to lead in time, CANCELLED, ETCD_CONFLICT when the lock was lost
   */
  async run<T>(what: string, work: (vault: Vault) => Promise<T>): Promise<T> {
    const { reporter, signal } = this.#options;
    return await waitFor(async () => ({ done: true, value: await this.#try(work) }), {
      what,
      timeout: failoverLimit,
      signal,
      onState: (text) => {
        reporter.state(text);
      },
    });
  }

  /** Gives the token back, once. What fails is left to its end. */
  close(): Promise<void> {
    this.#logIn.closing ??= (async () => {
      await (await this.#logIn.vault)?.revokeSelf();
    })().catch(() => undefined);
    return this.#logIn.closing;
  }

  async #try<T>(work: (vault: Vault) => Promise<T>): Promise<T> {
    const lock = this.#lock;
    lock?.check();
    const logIn = this.#loggedIn();
    try {
      const vault = await logIn;
      return await work(
        lock === undefined
          ? vault
          : vault.checked(() => {
              lock.check();
            }),
      );
    } catch (error) {
      const isPassing = error instanceof NecoError && error.retryable;
      if (isPassing && this.#logIn.vault === logIn) this.#logIn.vault = undefined;
      throw error;
    }
  }

  #loggedIn(): Promise<Vault> {
    if (this.#logIn.closing !== undefined)
      return Promise.reject(new NecoError('INTERNAL', 'the token of this session was given back'));
    const { reach, logIn } = this.#options;
    if (this.#logIn.vault !== undefined) return this.#logIn.vault;
    const vault = reach().then(logIn);
    this.#logIn.vault = vault;
    vault.catch(() => {
      if (this.#logIn.vault === vault) this.#logIn.vault = undefined;
    });
    return vault;
  }
}
