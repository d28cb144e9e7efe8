import type { Reporter } from '@neco/core';

/** Keeps what is said, and waits for it. */
export class RecordingReporter implements Reporter {
  readonly said: string[] = [];
  readonly #waiting = new Set<() => void>();

  phase(): void {
    // No duty of a daemon has phases.
  }

  state(text: string): void {
    this.#add(`state: ${text}`);
  }

  info(text: string): void {
    this.#add(`info: ${text}`);
  }

  warn(text: string): void {
    this.#add(`warn: ${text}`);
  }

  count(part: string): number {
    return this.said.filter((text) => text.includes(part)).length;
  }

  /** Waits until something that contains `part` was said so many times. */
  async until(part: string, times = 1): Promise<void> {
    while (this.count(part) < times) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#waiting.add(() => {
        resolve(undefined);
      });
      await promise;
    }
  }

  #add(text: string): void {
    this.said.push(text);
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }
}
