import type { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import type { EtcdConnection } from '@neco/etcd-admin';
import { certificateStatus } from './certificate-status.ts';
import type { CertificateStatus } from '../status-schema.ts';

export interface ServedCertificate extends CertificateStatus {
  /** Hexadecimal, lower case, without colons and leading zeros. */
  serial: string;
}

export interface ProbeOptions {
  server: string;
  address: string;
  port: number;
  /** What is shown to those that ask for a client certificate. */
  tls: EtcdConnection['tls'];
  timeout: number;
  signal: AbortSignal;
}

/**
 * Which certificate a server shows, by a handshake and nothing more; undefined when there is no handshake.
 * Whether it is to be trusted is found out by those that speak with the server.
 */
export async function probeServedCertificate(options: ProbeOptions): Promise<ServedCertificate | undefined> {
  const { address, port, tls, timeout, signal } = options;
  const socket = connect({
    host: address,
    port,
    ...(tls?.certificate === undefined || tls.key === undefined
      ? {}
      : { cert: tls.certificate, key: tls.key.reveal() }),
    // An expired certificate is to be seen too; nothing is ever said over this connection.
    rejectUnauthorized: false,
  });
  try {
    await handshake(socket, AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
    const peer = socket.getPeerX509Certificate();
    if (peer === undefined) return undefined;
    return servedCertificate(peer, options);
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** What status shows of a certificate that was seen at an address. */
export function servedCertificate(
  { validFromDate: notBefore, validToDate: notAfter, serialNumber }: X509Certificate,
  { server, address, port }: Pick<ProbeOptions, 'server' | 'address' | 'port'>,
): ServedCertificate {
  const where = `https://${address}:${String(port)}`;
  return { ...certificateStatus({ server, where, notBefore, notAfter }), serial: plainSerial(serialNumber) };
}

/** One form for all spellings of a serial number. */
export function plainSerial(serial: string): string {
  return serial.replaceAll(':', '').toLowerCase().replace(/^0+/, '');
}

async function handshake(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.once('secureConnect', () => {
    resolve(undefined);
  });
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
