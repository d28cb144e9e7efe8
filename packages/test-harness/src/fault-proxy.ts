import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What the proxy does with a connection: `blackhole` accepts and never answers, also on what is open already. */
export type ProxyMode = 'pass' | 'blackhole' | 'refuse';

/** A TCP proxy on 127.0.0.1 that can delay, cut and swallow. */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = 'pass';
  #latency = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @param target the port of 127.0.0.1 to pass everything to. */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const proxy = new FaultProxy(server, typeof address === 'object' && address !== null ? address.port : 0);
    server.on('connection', (socket) => {
      proxy.#accept(socket, target);
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

  async stop(): Promise<void> {
    this.cut();
    await once(this.#server.close(), 'close');
  }

  #accept(incoming: Socket, target: number): void {
    this.#track(incoming);
    if (this.#mode === 'refuse') {
      incoming.destroy();
      return;
    }
    if (this.#mode === 'blackhole') return;
    const outgoing = connect(target, '127.0.0.1');
    this.#track(outgoing);
    void this.#pass(incoming, outgoing);
    void this.#pass(outgoing, incoming);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (this.#latency > 0) await delay(this.#latency);
        if (this.#mode === 'blackhole') continue;
        to.write(chunk as Uint8Array);
      }
    } catch {
      // A broken connection is what this proxy is for.
    }
    if (this.#mode === 'blackhole') return;
    to.destroy();
  }
}
