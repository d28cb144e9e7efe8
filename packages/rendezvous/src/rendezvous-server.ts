import { once } from 'node:events';
import { createSecureServer, constants, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { NecoError, toNecoError, type Secret } from '@neco/core';
import * as z from 'zod';
import { channelBinding, keyProofSchema, provedFingerprint } from './key-proof.ts';
import { readLimited } from './read-limited.ts';
import { RendezvousConnections } from './rendezvous-connections.ts';
import { parseRendezvousIdentity } from './rendezvous-identity.ts';
import { refusalFindings, type RendezvousRefusal } from './rendezvous-refusal.ts';
import { encodeRendezvousError, rendezvousWire } from './rendezvous-wire.ts';
import { setupKey } from './secret/setup-key.ts';
import { watchPeer } from './watch-peer.ts';

/** A request of a server that knows the setup secret. All but `body` and `path` was fixed when it connected. */
export interface RendezvousRequest {
  /** The LRN, cluster and list (ascending) that the other server was given; they may differ from this one's. */
  lrn: number;
  cluster: string;
  lrns: number[];
  path: string;
  body: unknown;
  /** Fingerprint of the key that the other server has proved to own, over this very connection. */
  publicKey: string | undefined;
  remoteAddress: string;
  /** Fires when the other server is gone or no longer wants the answer, and when the rendezvous is closed. */
  signal: AbortSignal;
}

export interface RendezvousServerOptions {
  address: string;
  /** 0 takes any free port. */
  port: number;
  secret: Secret;
  /** Closes the rendezvous when it fires. */
  signal?: AbortSignal;
  /**
   * Answers a request, as late as it likes. What it gives must be JSON. A NecoError travels to the client; CANCELLED
   * breaks the request off, so that the client asks again; of anything else thrown the client learns that it happened.
   */
  handle(request: RendezvousRequest): Promise<unknown>;
  /** Told of everybody who was turned away, once in ten seconds for one address and reason. */
  onRefused(refusal: RendezvousRefusal): void;
  /** Reports what is thrown that is no NecoError. The client learns only that there was a fault, and where to look. */
  onFault(error: NecoError, request: { path: string; lrn: number }): void;
}

export interface RendezvousServer {
  address: AddressInfo;
  /** Ends it for good: answers that are ready go out, requests that still wait are broken off. */
  close(): Promise<void>;
}

/**
 * Listens for the other boot servers during setup: HTTP/2 over TLS 1.3 with a pre-shared key and no certificate.
 * The key comes from the setup secret and from the cluster and list that the client names, so a server that holds the
 * secret gets through to `handle` even with another list, and can be told so.
 * https://nodejs.org/docs/latest-v24.x/api/tls.html#pre-shared-keys
 * @throws NecoError BUSY when the port is taken, SERVICE_FAILED when it cannot listen for another reason.
 */
export async function listenRendezvous(options: RendezvousServerOptions): Promise<RendezvousServer> {
  const connections = new RendezvousConnections((refusal) => {
    options.onRefused(refusal);
  });
  const closing = new AbortController();
  const server = createServer(options.secret, connections);
  server.on('stream', (stream, headers) => {
    void serve(stream, headers[':path'] ?? '/', { options, connections, closing: closing.signal });
  });
  await listen(server, options);
  const close = closeOnce(server, connections, closing);
  options.signal?.addEventListener('abort', () => void close(), { once: true });
  if (options.signal?.aborted) await close();
  return { address: server.address() as AddressInfo, close };
}

function createServer(secret: Secret, connections: RendezvousConnections): Http2SecureServer {
  const server = createSecureServer({
    ...rendezvousWire.tls,
    allowHTTP1: false,
    settings: { maxConcurrentStreams: 16, enablePush: false },
    pskCallback(socket: TLSSocket, text: string) {
      const identity = parseRendezvousIdentity(text);
      if (identity === undefined) return null;
      connections.identify(socket, identity);
      return setupKey(secret, identity.cluster, identity.lrns, 'rendezvous psk');
    },
  });
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    connections.refuse(socket, refusalFindings.ofHandshake(error.code));
    socket.destroy();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections.admit(socket, channelBinding(socket));
    // A session ticket would be taken up as "reused" too, but it names no identity.
    if (socket.isSessionReused() && connections.of(socket)?.identity !== undefined) return;
    connections.refuse(socket, refusalFindings.notShared);
    socket.destroy();
  });
  server.on('unknownProtocol', (socket: TLSSocket) => socket.destroy());
  // A session or stream that breaks off is the client's to notice; its handler learns it through its signal.
  server.on('sessionError', () => undefined);
  server.on('session', (session) => {
    session.on('error', () => undefined);
    watchPeer(session, () => undefined);
  });
  return server;
}

async function listen(server: Http2SecureServer, { address, port }: RendezvousServerOptions): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    const where = `${address}:${String(port)}`;
    if (code === 'EADDRINUSE') {
      throw new NecoError('BUSY', `the port of the rendezvous, ${where}, is in use`, {
        hint: `stop the process that listens there (to find it: ss -tlnp 'sport = :${String(port)}'), or set ports.rendezvous in site.yml on all boot servers`,
        cause,
      });
    }
    throw new NecoError('SERVICE_FAILED', `cannot listen at ${where}: ${code}`, {
      hint: 'check that this server has its address from site.yml (to list them: ip address)',
      cause,
    });
  }
}

interface Serving {
  options: RendezvousServerOptions;
  connections: RendezvousConnections;
  closing: AbortSignal;
}

async function serve(
  stream: ServerHttp2Stream,
  path: string,
  { options, connections, closing }: Serving,
): Promise<void> {
  const gone = new AbortController();
  stream.on('error', () => undefined);
  stream.once('close', () => {
    gone.abort();
  });
  const breakOff = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
  };
  closing.addEventListener('abort', breakOff, { once: true });
  const connection = stream.session && connections.of(stream.session.socket);
  if (connection?.identity === undefined || connection.binding === undefined || closing.aborted) {
    breakOff();
    return;
  }
  const signal = AbortSignal.any([gone.signal, closing]);
  const { remoteAddress, identity, binding } = connection;
  const fault = (error: NecoError): void => {
    options.onFault(error, { path, lrn: identity.lrn });
  };
  const answer = await answerTo(stream, path, fault, ({ body, proof }) => {
    const publicKey = proof && provedFingerprint(proof, binding);
    const { lrns } = identity;
    const from = { ...identity, lrns: [...lrns], remoteAddress, publicKey };
    return options.handle({ ...from, path, body, signal });
  });
  closing.removeEventListener('abort', breakOff);
  if (stream.destroyed || stream.closed) return;
  if (answer === undefined) {
    breakOff();
    return;
  }
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(answer);
}

const requestSchema = z.object({ body: z.unknown().optional(), proof: keyProofSchema.optional() });

/** The text of the answer; nothing when the request is to be broken off. */
async function answerTo(
  stream: ServerHttp2Stream,
  path: string,
  onFault: (error: NecoError) => void,
  handle: (request: z.infer<typeof requestSchema>) => Promise<unknown>,
): Promise<string | undefined> {
  try {
    const text = await readBody(stream);
    const request = requestSchema.parse(JSON.parse(text));
    const answer = JSON.stringify({ value: await handle(request) });
    if (Buffer.byteLength(answer) > rendezvousWire.largestBody) throw new Error('the answer is too large');
    return answer;
  } catch (thrown) {
    const error = toNecoError(thrown);
    if (error.code === 'CANCELLED') return undefined;
    if (thrown instanceof NecoError) return JSON.stringify({ error: encodeRendezvousError(thrown) });
    onFault(error);
    const fault = new NecoError('INTERNAL', `a fault in the coordinator's answer to ${path}`, {
      hint: 'look at what "neco setup" says on the coordinator',
    });
    return JSON.stringify({ error: encodeRendezvousError(fault) });
  }
}

async function readBody(stream: ServerHttp2Stream): Promise<string> {
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), rendezvousWire.bodyTimeout);
  try {
    const text = await readLimited(stream, rendezvousWire.largestBody);
    if (text !== undefined) return text;
  } catch {
    throw new NecoError('CANCELLED', 'the request was interrupted');
  } finally {
    clearTimeout(timer);
  }
  throw new NecoError('INTERNAL', `the request is larger than ${String(rendezvousWire.largestBody)} bytes`, {
    hint: 'install the same version of neco on all boot servers',
  });
}

function closeOnce(
  server: Http2SecureServer,
  connections: RendezvousConnections,
  closing: AbortController,
): () => Promise<void> {
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.close(() => {
      resolve(undefined);
    });
    closing.abort();
    // Answers that are on their way get this long.
    const timer = setTimeout(() => {
      connections.destroyAll();
    }, 1000);
    await promise;
    clearTimeout(timer);
  };
  return () => (closed ??= close());
}
