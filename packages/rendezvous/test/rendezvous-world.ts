import { once } from 'node:events';
import type { Secret } from '@neco/core';
import {
  connectRendezvous,
  type RendezvousClient,
  type RendezvousClientOptions,
} from '../src/rendezvous-client.ts';
import type { RendezvousRefusal } from '../src/rendezvous-refusal.ts';
import { listenRendezvous, type RendezvousRequest, type RendezvousServer } from '../src/rendezvous-server.ts';
import { createSetupSecret } from '../src/secret/setup-secret.ts';

/** A coordinator on loopback and clients for it. */
export class RendezvousWorld implements AsyncDisposable {
  readonly secret: Secret;
  readonly requests: RendezvousRequest[] = [];
  readonly refusals: RendezvousRefusal[] = [];
  readonly faults: { message: string; path: string; lrn: number }[] = [];
  /** What the coordinator answers; the body itself unless a test says otherwise. */
  handle: (request: RendezvousRequest) => Promise<unknown> = (request) =>
    Promise.resolve({ echo: request.body });
  #server: RendezvousServer | undefined;
  #port = 0;
  readonly #refused = new EventTarget();

  constructor(secret = createSetupSecret()) {
    this.secret = secret;
  }

  static async start(): Promise<RendezvousWorld> {
    const world = new RendezvousWorld();
    await world.listen();
    return world;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts the coordinator, on the same port when it ran before. */
  async listen(): Promise<void> {
    this.#server = await listenRendezvous({
      address: '127.0.0.1',
      port: this.#port,
      secret: this.secret,
      handle: (request) => {
        this.requests.push(request);
        return this.handle(request);
      },
      onRefused: (refusal) => {
        this.refusals.push(refusal);
        this.#refused.dispatchEvent(new Event('refused'));
      },
      onFault: (error, { path, lrn }) => this.faults.push({ message: error.message, path, lrn }),
    });
    this.#port = this.#server.address.port;
  }

  client(options: Partial<RendezvousClientOptions> = {}): RendezvousClient {
    return connectRendezvous({
      address: '127.0.0.1',
      port: this.#port,
      coordinatorName: 'boot-0',
      secret: this.secret,
      cluster: 'prod',
      lrns: [0, 1, 2],
      lrn: 1,
      ...options,
    });
  }

  /** The first refusal that the coordinator told of. */
  async refusal(): Promise<RendezvousRefusal> {
    for (;;) {
      const [refusal] = this.refusals;
      if (refusal) return refusal;
      await once(this.#refused, 'refused');
    }
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
