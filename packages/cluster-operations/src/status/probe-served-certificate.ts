import { connect, type TLSSocket } from 'node:tls';
import { messageOf } from '@neco/core';
import type { EtcdConnection } from '@neco/etcd-admin';
import { certificateStatus } from './certificate-status.ts';
import type { CertificateStatus } from './status-schema.ts';

export interface ServedCertificate {
  certificate?: CertificateStatus;
  /** Why a client would not trust it, or why none was seen. */
  fault?: string;
  /** Whether there was a handshake at all. */
  answered: boolean;
}

export interface ProbeOptions {
  server: string;
  address: string;
  port: number;
  /** Whom to trust, and what to show to those that ask for a client certificate. */
  tls: NonNullable<EtcdConnection['tls']>;
  timeout: number;
  signal: AbortSignal;
}

/**
 * Which certificate a server shows, by a handshake and nothing more.
 * Its term is told even when it is not to be trusted.
 */
export async function probeServedCertificate(options: ProbeOptions): Promise<ServedCertificate> {
  const { server, address, port, tls, timeout, signal } = options;
  const socket = connect({
    host: address,
    port,
    ca: tls.ca,
    ...(tls.certificate === undefined || tls.key === undefined
      ? {}
      : { cert: tls.certificate, key: tls.key.reveal() }),
    // Only the certificate is looked at; nothing is said to a server that is not to be trusted.
    rejectUnauthorized: false,
  });
  try {
    await handshake(socket, AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
    const peer = socket.getPeerX509Certificate();
    if (peer === undefined) return { fault: 'it shows no certificate', answered: true };
    const { validFromDate: notBefore, validToDate: notAfter } = peer;
    const where = `https://${address}:${String(port)}`;
    const certificate = certificateStatus({ server, where, notBefore, notAfter });
    const fault = socket.authorized ? undefined : messageOf(socket.authorizationError);
    return { certificate, answered: true, ...(fault === undefined ? {} : { fault }) };
  } catch (error) {
    return { fault: messageOf(error), answered: false };
  } finally {
    socket.destroy();
  }
}

async function handshake(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.once('secureConnect', () => {
    resolve(undefined);
  });
  // An error after the handshake, such as a refused client certificate, is none of ours.
  socket.on('error', reject);
  const stop = (): void => {
    reject(new Error('no answer to the handshake in time'));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
