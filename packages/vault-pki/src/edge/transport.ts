import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { toNecoError } from '@neco/core';
import type { VaultConnection } from './vault-connection.ts';

/** What node-vault hands its transport. */
export interface TransportRequest {
  uri: string;
  method: string;
  headers?: Record<string, string>;
  json?: unknown;
  /** Called right before the request is sent, when its connection stands; what it throws ends the request. */
  check?: () => void;
}

/** What node-vault expects back from its transport. */
export interface TransportResponse {
  statusCode: number;
  body: unknown;
  request: { path: string };
}

export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

const defaultTimeout = 10_000;

/** `timeout` is how long a connection may be idle, in ms. https://nodejs.org/api/http.html#new-agentoptions */
const sharing = { keepAlive: true, timeout: 100, maxSockets: 8 } as const;

/**
 * The transport under node-vault, plugged in where it takes one. Its own is axios, which obeys `HTTP_PROXY`, decodes
 * a revocation list as if it were text, limits idle time instead of the whole call, and puts the token and the
 * request's body into its errors. This one does none of that: it always verifies whatever the environment says, one
 * deadline covers the call, and no request is ever sent twice. Calls that follow each other closely share a few
 * connections, because a handshake costs both sides more than most calls. An idle connection is closed soon, so that the
 * next call meets a Vault that was restarted, or has a new certificate, as it is now.
 */
export function createTransport(connection: VaultConnection): Transport {
  const { timeout = defaultTimeout } = connection;
  const secure = connection.address.startsWith('https:');
  const agent = secure ? new HttpsAgent({ ...tlsOptions(connection), ...sharing }) : new HttpAgent(sharing);
  const start = secure ? httpsRequest : httpRequest;
  return async ({ uri, method, headers, json, check }) => {
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const signal = AbortSignal.timeout(timeout);
      const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
      const request = start(uri, { method, agent, signal, headers: { ...headers, ...length } }, resolve);
      request.on('error', reject);
      whenConnected(request, () => {
        try {
          check?.();
          request.end(body);
        } catch (error) {
          reject(toNecoError(error));
          request.destroy();
        }
      });
    });
    reportCertificate(connection, response);
    return {
      statusCode: response.statusCode ?? 0,
      body: decode(response.headers['content-type'], await buffer(response)),
      request: { path: new URL(uri).pathname },
    };
  };
}

/** Nothing of a request leaves before it is ended: not while its connection is being opened, which can take a while. */
function whenConnected(request: ClientRequest, send: () => void): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) send();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', send);
  });
}

function reportCertificate({ onCertificate }: VaultConnection, { socket }: IncomingMessage): void {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (shown !== undefined) onCertificate?.(shown);
}

function tlsOptions({ ca, certificate, key, serverName }: VaultConnection) {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    maxCachedSessions: 0,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key: key.reveal() }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function decode(type: string | undefined, body: Buffer): unknown {
  if (!type?.startsWith('application/json') || body.length === 0) return body;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // JSON.parse quotes what it read, which may contain a key.
    throw new Error('its answer is not JSON');
  }
}
