import { connect } from 'node:http2';
import { checkServerIdentity } from 'node:tls';
import { inTime } from '@neco/core';
import type { Pair } from '../certificates/signer.ts';
import { etcdEndpoint } from '../ports.ts';

/** How long a server may take to accept the connection, in ms. */
const limit = 3000;

/** A connection to etcd as its clients have them, kept open to see whether the server ends it. */
export interface HeldConnection {
  readonly isOpen: boolean;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Opens one and sends no request on it, like a client whose watch waits for news.
 * @param ca the CA of etcd's certificate, PEM
 * @returns nothing when the server did not take the certificate in time.
 */
export async function holdConnection(
  address: string,
  ca: string,
  { certificate, key }: Pair,
): Promise<HeldConnection | undefined> {
  const session = connect(etcdEndpoint(address), {
    ca,
    cert: certificate,
    key: key.reveal(),
    // RFC 6066 forbids an address as the name that is sent; it is held against the certificate here.
    servername: '',
    checkServerIdentity: (_, shown) => checkServerIdentity(address, shown),
  });
  session.unref();
  session.on('error', () => undefined); // the end says enough
  const ended = new Promise<void>((resolve) => {
    session.once('close', resolve);
  });
  // Only then the server has looked at the certificate: with TLS 1.3 the handshake of the client ends before.
  const taken = new Promise<boolean>((resolve) => {
    session.once('remoteSettings', () => {
      resolve(true);
    });
    session.once('close', () => {
      resolve(false);
    });
  });
  if (!(await inTime(taken, { limit }, false))) {
    session.destroy();
    return undefined;
  }
  return {
    get isOpen() {
      return !session.destroyed && !session.closed;
    },
    ended,
    close: () => {
      session.destroy();
    },
  };
}
