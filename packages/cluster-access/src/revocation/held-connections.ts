import { inTime } from '@neco/core';
import type { Pair } from '../certificates/signer.ts';
import { holdConnection, type HeldConnection } from './held-connection.ts';

/** How long after its server said so a held connection may take to end, in ms. */
const limit = 5000;

/** A connection to etcd of each of several servers, opened while its certificate is valid, to see that it ends once that is revoked. */
export class HeldConnections implements Disposable {
  readonly #held: readonly { name: string; connection: HeldConnection }[];

  private constructor(held: readonly { name: string; connection: HeldConnection }[]) {
    this.#held = held;
  }

  /** @param ca the CA of etcd's certificate, PEM; a server that does not take the certificate in time is left out. */
  static async open(
    servers: readonly { name: string; address: string }[],
    ca: string,
    pair: Pair,
  ): Promise<HeldConnections> {
    const held = await Promise.all(
      servers.map(async ({ name, address }) => ({
        name,
        connection: await holdConnection(address, ca, pair),
      })),
    );
    return new HeldConnections(
      held.flatMap(({ name, connection }) => (connection === undefined ? [] : [{ name, connection }])),
    );
  }

  /** The servers whose connection does not end in time. */
  async stillOpen(): Promise<string[]> {
    const ends = this.#held.map(({ connection }) => connection.ended);
    await inTime(Promise.all(ends), { limit }, undefined);
    return this.#held.filter(({ connection }) => connection.isOpen).map(({ name }) => name);
  }

  /** Closes those that are open still. */
  [Symbol.dispose](): void {
    for (const { connection } of this.#held) connection.close();
  }
}
