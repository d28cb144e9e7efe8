import { text } from 'node:stream/consumers';
import type { Server } from '../../../src/server/server.ts';
import type { ServerCommand } from '../../../src/server/server-command.ts';

/** Looks again and again at what listens on a server, for as long as something goes on there. */
export class ListenerWitness {
  readonly #looking: ServerCommand;
  readonly #seen: Promise<string>;

  private constructor(looking: ServerCommand) {
    this.#looking = looking;
    this.#seen = looking.stdout === null ? Promise.resolve('') : text(looking.stdout);
  }

  static async start(server: Server): Promise<ListenerWitness> {
    // Ten looks a second cost hardly anything, and nothing of setup listens for less than that.
    const script = 'while ss -Hltn; do sleep 0.1; done';
    return new ListenerWitness(await server.spawn(['sh', '-c', script]));
  }

  /** Ends it. @returns every address and port on which something listened over TCP that is not on the loopback, once each. */
  async stop(): Promise<string[]> {
    await this.#looking.killTree();
    const local = (await this.#seen)
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(/\s+/)[3] ?? line);
    return [...new Set(local)].filter((at) => !/^(127\.|\[::1\])/.test(at)).sort();
  }
}
