import { connect } from 'node:tls';
import { inTime, messageOf } from '@neco/core';
import type { Pair } from './signer.ts';

const limit = 3000;

export interface ProbedServer {
  address: string;
  port: number;
  /** The CA of the server's own certificate, PEM. */
  ca: string;
}

/** `refused`: it accepted the connection and ended it for the certificate; `unreachable`: it did not come to that. */
export type CertificateVerdict = 'accepted' | 'refused' | 'unreachable';

/**
 * Whether an etcd, as a server of clients or of peers, takes this certificate. With TLS 1.3 a client learns that its
 * certificate is refused only after its own part of the handshake, and etcd closes the connection of a revoked one
 * without a word, so a request is made and its answer awaited.
 */
export async function probeCertificate(
  { address, port, ca }: ProbedServer,
  { certificate, key }: Pair,
): Promise<CertificateVerdict> {
  const { promise, resolve } = Promise.withResolvers<CertificateVerdict>();
  let opened = false;
  const socket = connect({
    host: address,
    port,
    ca,
    cert: certificate,
    key: key.reveal(),
    ALPNProtocols: ['http/1.1'],
  });
  socket.once('secureConnect', () => {
    opened = true;
    socket.write(`GET /version HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`);
  });
  socket.once('data', () => {
    resolve('accepted');
  });
  socket.on('error', (error) => {
    resolve(opened || /alert/i.test(messageOf(error)) ? 'refused' : 'unreachable');
  });
  socket.once('close', () => {
    resolve(opened ? 'refused' : 'unreachable');
  });
  try {
    return await inTime(promise, { limit }, 'unreachable');
  } finally {
    socket.destroy();
  }
}
