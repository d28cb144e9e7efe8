import type { Reporter } from '@neco/core';

const mostKept = 100;

/** Says each thing once until it is forgotten: for what is looked at every second for hours. */
export class ChangingMessages {
  readonly #said = new Set<string>();
  readonly #reporter: Reporter;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  info(text: string): void {
    if (this.#isNew(text)) this.#reporter.info(text);
  }

  warn(text: string): void {
    if (this.#isNew(text)) this.#reporter.warn(text);
  }

  /** What was said may be said again. */
  forget(): void {
    this.#said.clear();
  }

  #isNew(text: string): boolean {
    if (this.#said.has(text)) return false;
    if (this.#said.size >= mostKept) this.#said.clear();
    this.#said.add(text);
    return true;
  }
}
