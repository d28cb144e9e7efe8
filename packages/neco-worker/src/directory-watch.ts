import { watch, type FSWatcher } from 'node:fs';
import { inTime, sleep } from '@neco/core';

/** Changes come in bursts, and whoever makes them is to be through; in ms. */
const settling = 500;

/** Watches directories from the moment on in which it is made until it is disposed of; those that are not there are left out. */
export class DirectoryWatch implements Disposable {
  readonly #directories: readonly string[];
  readonly #watchers: FSWatcher[] = [];
  readonly #changed = Promise.withResolvers<undefined>();

  /** @param directories each once */
  constructor(directories: readonly string[]) {
    this.#directories = directories;
    for (const directory of directories) this.#watch(directory);
  }

  /** Whether each of them is watched. */
  get isComplete(): boolean {
    return this.#watchers.length === this.#directories.length;
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => {
        this.#changed.resolve(undefined);
      });
      watcher.on('error', () => {
        this.#changed.resolve(undefined);
      });
      this.#watchers.push(watcher);
    } catch {
      // It is not there, or this host has no watches left.
    }
  }

  /** Waits until something in them has changed, the time (ms) is over or the signal fires. */
  async next(limit: number, signal: AbortSignal): Promise<void> {
    await inTime(this.#changed.promise, { limit, signal }, undefined);
    await sleep(settling, signal);
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}
