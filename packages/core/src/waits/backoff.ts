import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffOptions {
  /** The first pause, in milliseconds; each pause is twice as long as the one before it. */
  first: number;
  /** The longest pause, in milliseconds. */
  longest: number;
}

/**
 * The growing pauses of whatever keeps trying. The loop stays with the caller, who yields values, resets the pauses after
 * progress and reports states; libraries such as p-retry own the loop and cannot do that.
 */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  constructor({ first, longest }: BackoffOptions) {
    this.#first = first;
    this.#longest = longest;
    this.#next = Math.min(first, longest);
  }

  /** The length of the next pause, in milliseconds. */
  get next(): number {
    return this.#next;
  }

  /** Gives the length of this pause and goes on to the next, for who pauses in another way. In milliseconds. */
  advance(): number {
    const pause = this.#next;
    this.#next = Math.min(pause * 2, this.#longest);
    return pause;
  }

  /** Pauses, for `limit` milliseconds at most. Never throws: when the signal fires, the pause ends. */
  async pause(signal?: AbortSignal, limit = Infinity): Promise<void> {
    await sleep(Math.min(this.advance(), limit), signal);
  }

  /** After progress: the next pause is the first one again. */
  reset(): void {
    this.#next = Math.min(this.#first, this.#longest);
  }
}

/** Waits this many milliseconds, or until the signal fires. Never throws. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
