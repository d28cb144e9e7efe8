import { inTime } from '@neco/core';
import type { KeyAndRequest, Signer } from '@neco/cluster-access';
import type { InitializedVault } from '@neco/vault-pki';
import type { Issue } from './meeting/protocol.ts';

/** One piece of work that a phase begins and a later phase waits for. Whoever waits for it gets its error. */
class BackgroundTask<T> {
  #running: Promise<T> | undefined;

  /** The work that runs or has ended; undefined when it has not begun, failed, or was taken. */
  get running(): Promise<T> | undefined {
    return this.#running;
  }

  /** Begins the work unless it runs already or has succeeded; work that failed begins again. */
  begin(work: () => Promise<T>): Promise<T> {
    if (this.#running !== undefined) return this.#running;
    const running = work();
    this.#running = running;
    running.catch(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  /** Hands the work over; the next call of `begin` starts it again. */
  take(): Promise<T> | undefined {
    const running = this.#running;
    this.#running = undefined;
    return running;
  }
}

/** How long the end of setup waits for work that still runs, in ms: after Ctrl-C nobody needs it. */
const endingLimit = 1000;

/** The work of setup that goes on across phases. Setup owns it, and waits for its end. */
export class BackgroundWork implements AsyncDisposable {
  /** The temporary Vault, from its start on (coordinator only). */
  readonly temporarySigner = new BackgroundTask<Signer>();
  /** Keys made beforehand, while there was nothing else to do; each is used once. */
  readonly keys: Readonly<Record<Issue, BackgroundTask<readonly KeyAndRequest[]>>> = {
    initial: new BackgroundTask(),
    final: new BackgroundTask(),
  };
  /** The keys of a Vault that is being initialised; undefined where that could not begin yet (coordinator only). */
  readonly initialization = new BackgroundTask<InitializedVault | undefined>();
  /** What signs with the real Vault and its root token, for all servers (coordinator only). */
  readonly finalSigner = new BackgroundTask<Signer>();
  /** The name of the first administrator, once it is made (coordinator only). */
  readonly administrator = new BackgroundTask<string>();

  /** Waits, not for long, until nothing runs any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { temporarySigner, keys, initialization, finalSigner, administrator } = this;
    const tasks = [temporarySigner, keys.initial, keys.final, initialization, finalSigner, administrator];
    const ended = Promise.allSettled(
      tasks.flatMap(({ running }) => (running === undefined ? [] : [running])),
    );
    await inTime(ended, { limit: endingLimit }, undefined);
  }
}
