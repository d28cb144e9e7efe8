import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { inTime, NecoError, toNecoError, type Secret } from '@neco/core';
import { channelBinding, proveKey } from './key-proof.ts';
import { readLimited } from './read-limited.ts';
import { rendezvousFailures, type Coordinator } from './rendezvous-failures.ts';
import { formatRendezvousIdentity } from './rendezvous-identity.ts';
import { decodeRendezvousError, rendezvousAnswerSchema, rendezvousWire } from './rendezvous-wire.ts';
import { setupKey } from './secret/setup-key.ts';
import { watchPeer } from './watch-peer.ts';

export interface RendezvousClientOptions {
  /** Of the coordinator. */
  address: string;
  port: number;
  coordinatorName: string;
  /** What this server was given. */
  secret: Secret;
  cluster: string;
  lrns: readonly number[];
  lrn: number;
  /** The private key (PEM) by which the coordinator knows this server again; each request proves that it is here. */
  identity?: Secret;
}

export interface RendezvousRequestOptions {
  signal?: AbortSignal;
  /** Limit of the whole request in milliseconds; none by default, for the coordinator answers when it can. */
  timeout?: number;
}

export interface RendezvousClient {
  readonly coordinator: Coordinator;
  /**
   * Sends one request over a connection of its own and gives the coordinator's answer. The coordinator may have carried the
   * request out although its answer was lost: what is asked must bear to be asked again.
   * @param body a function is called when the connection is there, for what must be fresh.
   * @throws NecoError whatever the coordinator's handler threw; RENDEZVOUS_UNREACHABLE (retryable) when the coordinator is
   * not there, not yet, or no longer; RENDEZVOUS_REFUSED when it does not know the setup secret; TIMEOUT (retryable);
   * CANCELLED.
   */
  request(path: string, body: unknown, options?: RendezvousRequestOptions): Promise<unknown>;
}

/**
 * The way to the coordinator of a setup. Connects with each request, not now: the coordinator need not be there yet.
 * @throws NecoError SECRET_INVALID, LRN_LIST_INVALID
 */
export function connectRendezvous(options: RendezvousClientOptions): RendezvousClient {
  const { address, port, coordinatorName, secret, cluster, lrns, lrn, identity: ownKey } = options;
  const coordinator: Coordinator = { name: coordinatorName, address, port };
  const identity = formatRendezvousIdentity({ lrn, cluster, lrns: [...lrns] });
  const psk = setupKey(secret, cluster, lrns, 'rendezvous psk');
  return {
    coordinator,
    async request(path, body, { signal, timeout } = {}) {
      const limits = signalsOf(signal, timeout);
      try {
        const socket = await openSocket(coordinator, { psk, identity }, limits);
        const text = requestText(path, body, socket, ownKey);
        return decodeAnswer(coordinator, await exchange(coordinator, socket, path, text, limits));
      } catch (error) {
        if (signal?.aborted) throw rendezvousFailures.cancelled(coordinator, path);
        if (limits.aborted) throw rendezvousFailures.timeout(coordinator, path, timeout ?? 0);
        throw error;
      }
    },
  };
}

/** The text of a request; its socket is closed when it cannot be sent. */
function requestText(path: string, body: unknown, socket: TLSSocket, key: Secret | undefined): string {
  try {
    const proof = key && proveKey(key, channelBinding(socket));
    const text = JSON.stringify({
      body: typeof body === 'function' ? (body as () => unknown)() : body,
      proof,
    });
    if (Buffer.byteLength(text) > rendezvousWire.largestBody) throw rendezvousFailures.tooLarge(path);
    return text;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function signalsOf(signal: AbortSignal | undefined, timeout: number | undefined): AbortSignal {
  const all = [signal, timeout === undefined ? undefined : AbortSignal.timeout(timeout)];
  return AbortSignal.any(all.filter((one) => one !== undefined));
}

/** A TLS connection whose other side has proved that it knows the setup secret. Nothing was written to it yet. */
async function openSocket(
  coordinator: Coordinator,
  key: { psk: Buffer; identity: string },
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  signal.throwIfAborted();
  let connected = false;
  const socket = connectTls({
    host: coordinator.address,
    port: coordinator.port,
    ...rendezvousWire.tls,
    ALPNProtocols: [rendezvousWire.protocol],
    pskCallback: () => key,
    rejectUnauthorized: true,
    // Called only for a session that rests on a certificate, and none is good enough here, whoever signed it.
    checkServerIdentity: () => new NecoError('RENDEZVOUS_REFUSED', 'a certificate is not enough'),
  });
  socket.once('connect', () => (connected = true));
  socket.once('secureConnect', () => {
    resolve(true);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reject(rendezvousFailures.ofHandshake(coordinator, error));
  });
  socket.once('close', () => {
    reject(rendezvousFailures.ofHandshake(coordinator));
  });
  try {
    const isOpen = await inTime(promise, { limit: rendezvousWire.handshakeTimeout, signal }, false);
    if (signal.aborted) throw new NecoError('CANCELLED', 'stopped');
    if (!isOpen) throw rendezvousFailures.silent(coordinator, connected);
    if (!socket.isSessionReused()) throw rendezvousFailures.certificate(coordinator);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function exchange(
  coordinator: Coordinator,
  socket: TLSSocket,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<string> {
  const session = connectHttp2(`https://${coordinator.name}`, { createConnection: () => socket });
  const silent = new AbortController();
  session.on('error', () => undefined);
  watchPeer(session, () => {
    silent.abort();
  });
  try {
    return await send(session, path, text, signal);
  } catch (error) {
    throw silent.signal.aborted
      ? rendezvousFailures.fellSilent(coordinator)
      : rendezvousFailures.brokeOff(coordinator, error);
  } finally {
    session.destroy();
    socket.destroy();
  }
}

async function send(
  session: ClientHttp2Session,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<string> {
  const stream = session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/json' },
    { signal },
  );
  stream.on('error', () => undefined);
  stream.end(text);
  const answer = await readLimited(stream, rendezvousWire.largestBody);
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR)
    throw new Error(`stream reset with code ${String(stream.rstCode)}`);
  if (answer === undefined) throw new Error('the answer is too large');
  if (answer === '') throw new Error('no answer');
  return answer;
}

function decodeAnswer(coordinator: Coordinator, text: string): unknown {
  let answer;
  try {
    answer = rendezvousAnswerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new NecoError(
      'INTERNAL',
      `${coordinator.name} sent an answer that this version of neco does not understand`,
      {
        hint: 'install the same version of neco on all boot servers',
        cause: toNecoError(cause),
      },
    );
  }
  if ('error' in answer) throw decodeRendezvousError(answer.error);
  return answer.value;
}
