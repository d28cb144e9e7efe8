import { waitFor } from '@neco/core';
import type { ServerCommand } from '../server/server-command.ts';
import type { Server } from '../server/server.ts';
import { etcdOf, serverAuthority } from './stock-clients.ts';

/** A watch of etcdctl, with what it has printed so far. */
export class EtcdWatch {
  readonly what: string;
  readonly #command: ServerCommand;
  #printed = '';
  #complained = '';
  #ended = false;

  private constructor(what: string, command: ServerCommand) {
    this.what = what;
    this.#command = command;
    command.stdout?.on('data', (bytes: Buffer) => {
      this.#printed += bytes.toString();
    });
    command.stderr?.on('data', (bytes: Buffer) => {
      this.#complained += bytes.toString();
    });
    void command.exitCode
      .catch(() => undefined)
      .then(() => {
        this.#ended = true;
      });
  }

  /**
   * Starts one on `server` against the etcd of `target`, and waits until it is connected. etcdctl gives a connection up after 2 s, which a busy
   * machine may need: one that ended is started again.
   */
  static async start(
    what: string,
    server: Server,
    target: Server,
    pair: { readonly certificate: string; readonly key: string },
    key: string,
  ): Promise<EtcdWatch> {
    const identity = ['--cert', pair.certificate, '--key', pair.key, '--cacert', serverAuthority];
    const argv = ['etcdctl', '--endpoints', etcdOf(target), ...identity, 'watch', key];
    const begin = async () => new EtcdWatch(what, await server.spawn(argv));
    let watch = await begin();
    const seen = ['state', 'established', 'dport', '=', ':2379', 'dst', target.address];
    const look = async () => {
      if (watch.#ended) {
        const complaint = watch.#complained;
        watch = await begin();
        return { done: false, seen: complaint } as const;
      }
      const sockets = await server.run(['ss', '--tcp', '--numeric', '--no-header', '--processes', ...seen]);
      return sockets.includes('etcdctl')
        ? ({ done: true, value: watch } as const)
        : ({ done: false, seen: sockets } as const);
    };
    return await waitFor(look, { what: `${what} to be open`, timeout: 90_000 });
  }

  /** Whether it has seen this value. */
  has(value: string): boolean {
    return this.#printed.split('\n').includes(value);
  }

  async stop(): Promise<void> {
    await this.#command.killTree();
  }
}
