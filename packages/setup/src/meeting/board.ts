import { stoppedWaiting, type Waited } from '@neco/core';

/**
 * Something whose changes others wait for: they look again each time `changed` is called.
 * It replaces polling inside one process.
 */
export class Board {
  readonly #waiting = new Set<() => void>();

  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /**
   * Waits until `look` gives a value.
   * @param waited what is waited for and what was last seen of it, for the error of a wait that is stopped
   * @throws NecoError CANCELLED when the signal fires; whatever `look` throws.
   */
  async until<T>(look: () => T | undefined, signal: AbortSignal, waited: () => Waited): Promise<T> {
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      await this.#change(signal, waited);
    }
  }

  async #change(signal: AbortSignal, waited: () => Waited): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    const stop = (): void => {
      reject(stoppedWaiting(waited()));
    };
    this.#waiting.add(wake);
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) stop();
      await promise;
    } finally {
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', stop);
    }
  }
}
