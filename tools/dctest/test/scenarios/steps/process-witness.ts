import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Server } from '../../../src/server/server.ts';

/** Looks again and again at the arguments and the environment of all processes of some servers. */
export class ProcessWitness {
  readonly #seen = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #looking: Promise<void>;

  private constructor(servers: readonly Server[], pause: number) {
    this.#looking = this.#look(servers, pause);
  }

  /** @param pause between two looks, in milliseconds; each takes a few. */
  static start(servers: readonly Server[], pause = 40): ProcessWitness {
    return new ProcessWitness(servers, pause);
  }

  /** Ends it. @returns every distinct list of arguments and every environment, its words parted by spaces. */
  async stop(): Promise<string[]> {
    this.#stopped.abort();
    await this.#looking;
    return [...this.#seen];
  }

  async #look(servers: readonly Server[], pause: number): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const numbers = (await Promise.all(servers.map((server) => server.processes()))).flat();
      await Promise.all(
        numbers.flatMap((number) => ['cmdline', 'environ'].map((file) => this.#read(number, file))),
      );
      // One that nobody stops, because a test failed before, does not keep the tests from their end.
      await setTimeout(pause, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #read(number: number, file: string): Promise<void> {
    const text = await readFile(`/proc/${number}/${file}`, 'latin1').catch(() => ''); // it may have ended
    if (text !== '') this.#seen.add(text.replaceAll('\0', ' '));
  }
}
