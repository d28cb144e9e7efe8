import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdConnection, EtcdTls } from './etcd-connection.ts';

let clients = 0;

/**
 * A client of one member. Its unary calls have the connection's deadline; it notices a dead host by keepalive.
 */
export function createClient(connection: EtcdConnection, endpoint: string): Etcd3 {
  const { hostname, protocol } = new URL(endpoint);
  const address = hostname.replace(/^\[|\]$/g, '');
  const tls = protocol === 'https:' ? connection.tls : undefined;
  const options = clientOptions(connection, endpoint);
  if (tls === undefined || isIP(address) === 0)
    return new Etcd3(tls === undefined ? options : { ...options, credentials: buffers(tls) });
  const grpcOptions = { ...options.grpcOptions, 'grpc.ssl_target_name_override': 'etcd' };
  const shown = (certificate: PeerCertificate): void => {
    connection.onCertificate?.(endpoint, new X509Certificate(certificate.raw));
  };
  const client = new Etcd3({ ...options, grpcOptions, credentials: buffers(tls) });
  expectAddress(client, { tls, address, shown });
  return client;
}

/** Whom a client is to find at the other end. */
interface Identity {
  tls: EtcdTls;
  address: string;
  /** Told of the certificate that was found good. */
  shown: (certificate: PeerCertificate) => void;
}

/**
 * gRPC sends the address as the TLS server name, which RFC 6066 forbids and Node answers by a warning on standard
 * error. So another name is sent, and the certificate is held against the address here; etcd3 has no option for it.
 */
function expectAddress(client: Etcd3, { tls, address, shown }: Identity): void {
  const { rootCertificate, privateKey, certChain } = buffers(tls);
  const channelCredentials = credentials.createSsl(rootCertificate, privateKey, certChain, {
    checkServerIdentity: (_, certificate) => {
      const fault = checkServerIdentity(address, certificate);
      if (fault === undefined) shown(certificate);
      return fault;
    },
  });
  // eslint-disable-next-line @typescript-eslint/dot-notation -- both are private to etcd3's types
  for (const host of client['pool']['hosts']) Object.assign(host, { channelCredentials });
}

function clientOptions(connection: EtcdConnection, endpoint: string): IOptions {
  const { timeout, username, password, lock } = connection;
  return {
    hosts: endpoint,
    ...(username !== undefined && password !== undefined
      ? { auth: { username, password: password.reveal() } }
      : {}),
    // Who calls knows the endpoints and decides whether to try again.
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: ({ isStream }) => {
      if (isStream) return {};
      // Right before each call, also between two of one request; what waits for a connection ends with its deadline.
      lock?.check();
      return { deadline: Date.now() + timeout };
    },
    grpcOptions: {
      // etcd's own limit is one ping each 5 s (--grpc-keepalive-min-time).
      'grpc.keepalive_time_ms': 6000,
      'grpc.keepalive_timeout_ms': 3000,
      // A wait looks several times a second; gRPC's own pauses grow to two minutes.
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.min_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 500,
      // etcd is never reached through the machine's http_proxy.
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': -1,
      // Clients with the same options share connections, and who comes while the other's has just failed gets an
      // error "null". Options that gRPC does not know are compared, too. (A pool of its own for each channel, its
      // grpc.use_local_subchannel_pool, would cost a connection for each of etcd's services.)
      'neco.client': ++clients,
    },
  };
}

function buffers({ ca, certificate, key }: EtcdTls): {
  rootCertificate: Buffer;
  certChain?: Buffer;
  privateKey?: Buffer;
} {
  const rootCertificate = Buffer.from(ca);
  if (certificate === undefined || key === undefined) return { rootCertificate };
  return { rootCertificate, certChain: Buffer.from(certificate), privateKey: Buffer.from(key.reveal()) };
}
