import type { Socket } from 'node:net';
import { describeRendezvousIdentity, type RendezvousIdentity } from './rendezvous-identity.ts';
import { refusalFindings, type RendezvousRefusal } from './rendezvous-refusal.ts';
import { rendezvousWire } from './rendezvous-wire.ts';

/** Connections that have not yet shown that they know the secret: in all, and from one address. */
const mostStrangers = 128;
const mostStrangersPerAddress = 8;
/** The same refusal of the same address is reported once in this time (milliseconds). */
const quietTime = 10_000;

interface Connection {
  socket: Socket;
  remoteAddress: string;
  identity?: RendezvousIdentity;
  /** What no other connection has; there when the handshake is done. */
  binding?: Buffer;
  /** Ends it when the handshake takes too long; gone when it is done. */
  timer?: NodeJS.Timeout;
}

type End = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * The connections of a rendezvous server, by remote address and port: what each said of itself, and the limits that
 * keep strangers from using the server up. It exists because Node gives the TCP socket, the TLS socket and the HTTP/2
 * session of one connection separately.
 */
export class RendezvousConnections {
  readonly #connections = new Map<string, Connection>();
  readonly #told = new Map<string, number>();
  readonly #onRefused: (refusal: RendezvousRefusal) => void;

  constructor(onRefused: (refusal: RendezvousRefusal) => void) {
    this.#onRefused = onRefused;
  }

  /** Takes a new TCP connection in, or ends it when there are too many strangers. */
  add(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    const strangers = [...this.#connections.values()].filter(({ timer }) => timer !== undefined);
    const fromThere = strangers.filter((other) => other.remoteAddress === remoteAddress);
    if (strangers.length >= mostStrangers || fromThere.length >= mostStrangersPerAddress) {
      socket.destroy();
      this.#tell({ remoteAddress, ...refusalFindings.crowd });
      return;
    }
    const timer = setTimeout(() => {
      socket.destroy();
      this.#tell({ remoteAddress, ...refusalFindings.slow });
    }, rendezvousWire.handshakeTimeout);
    const key = keyOf(socket);
    this.#connections.set(key, { socket, remoteAddress, timer });
    socket.once('close', () => {
      clearTimeout(timer);
      this.#connections.delete(key);
    });
  }

  /** Keeps what a client says of itself during its handshake. */
  identify(end: End, identity: RendezvousIdentity): void {
    const connection = this.#connections.get(keyOf(end));
    if (connection) connection.identity = identity;
  }

  /** The handshake is done: the connection is no stranger's any more. */
  admit(end: End, binding: Buffer): void {
    const connection = this.#connections.get(keyOf(end));
    if (connection === undefined) return;
    clearTimeout(connection.timer);
    delete connection.timer;
    connection.binding = binding;
  }

  /** Reports a handshake that failed. A connection that was just dropped (a port scan) is not worth a word. */
  refuse(end: End, finding: Pick<RendezvousRefusal, 'reason' | 'hint'>): void {
    const connection = this.#connections.get(keyOf(end));
    const remoteAddress = connection?.remoteAddress ?? end.remoteAddress;
    if (remoteAddress === undefined) return;
    const identity = connection?.identity;
    this.#tell({
      remoteAddress,
      ...finding,
      ...(identity === undefined ? {} : { identity: describeRendezvousIdentity(identity) }),
    });
  }

  of(end: End): { remoteAddress: string; identity?: RendezvousIdentity; binding?: Buffer } | undefined {
    return this.#connections.get(keyOf(end));
  }

  destroyAll(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  #tell(refusal: RendezvousRefusal): void {
    const key = `${refusal.remoteAddress} ${refusal.reason}`;
    const now = performance.now();
    for (const [other, time] of this.#told) if (now - time > quietTime) this.#told.delete(other);
    if (this.#told.has(key)) return;
    this.#told.set(key, now);
    this.#onRefused(refusal);
  }
}

function keyOf({ remoteAddress, remotePort }: End): string {
  return `${remoteAddress ?? ''} ${String(remotePort)}`;
}
