import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { sleep } from '@neco/core';

/** What the proxy does with a connection: `blackhole` accepts and never answers, also on what is open already. */
export type ProxyMode = 'pass' | 'blackhole' | 'refuse';

export interface FaultProxyOptions {
  /** Keeps all that goes through, in `recorded`. */
  record?: boolean;
}

/** A TCP proxy on 127.0.0.1 that can delay, cut and swallow, and record. `stop` (or `await using`) ends it. */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  /** What went through, both ways, in the order of its coming; empty when it was not asked for. */
  readonly recorded: Buffer[] = [];
  readonly #server: Server;
  readonly #target: number;
  readonly #records: boolean;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = 'pass';
  #latency = 0;

  private constructor(server: Server, target: number, { record = false }: FaultProxyOptions) {
    this.#server = server;
    this.#target = target;
    this.#records = record;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target the port of 127.0.0.1 to pass everything to. */
  static async start(target: number, options: FaultProxyOptions = {}): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server, target, options);
    server.on('connection', (socket) => {
      proxy.#accept(socket);
    });
    return proxy;
  }

  /** Sets what happens to connections from now on; open ones stay as they are but for `blackhole`. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
  }

  /** Holds each chunk back for so many milliseconds, each way. */
  set latency(milliseconds: number) {
    this.#latency = milliseconds;
  }

  /** Breaks all open connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The same, but with a reset, as of a host that has forgotten them. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await once(this.#server.close(), 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(incoming: Socket): void {
    this.#track(incoming);
    if (this.#mode === 'refuse') {
      incoming.destroy();
      return;
    }
    if (this.#mode === 'blackhole') return;
    const outgoing = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    this.#track(outgoing);
    this.#join(incoming, outgoing);
    this.#join(outgoing, incoming);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }

  #join(from: Socket, to: Socket): void {
    let queue = Promise.resolve();
    /** In order, and each as late as the latency of its coming says. */
    const later = (act: () => void): void => {
      const due = performance.now() + this.#latency;
      queue = queue.then(async () => {
        const rest = due - performance.now();
        if (rest > 0) await sleep(rest);
        if (this.#mode !== 'blackhole') act();
      });
    };
    from
      .on('data', (chunk: Buffer) => {
        if (this.#mode !== 'blackhole' && this.#records) this.recorded.push(chunk);
        later(() => to.write(chunk));
      })
      .on('end', () => {
        later(() => to.end());
      })
      .on('close', () => {
        later(() => to.destroy());
      });
  }
}
