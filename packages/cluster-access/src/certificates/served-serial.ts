import { connect } from 'node:tls';
import { NecoError } from '@neco/core';
import { certificateFacts } from '@neco/vault-pki';

const handshakeTimeout = 3000;

/**
 * The serial number of the certificate that a server shows. Nothing is sent to it and nothing of it is trusted:
 * the caller compares the serial with one that it knows.
 * @returns as `certificateFacts` gives serials
 * @throws NecoError ETCD_UNREACHABLE when there is no handshake in 3 s.
 */
export function servedSerial(address: string, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const where = `${address}:${String(port)}`;
  // What is shown is compared by its serial; a verification here would only hide an expired certificate.
  const socket = connect({ host: address, port, rejectUnauthorized: false, timeout: handshakeTimeout });
  const fail = (reason: string): void => {
    socket.destroy();
    reject(
      new NecoError('ETCD_UNREACHABLE', `no TLS handshake with ${where}: ${reason}`, { retryable: true }),
    );
  };
  socket.on('error', (error: Error) => {
    fail(error.message);
  });
  socket.once('timeout', () => {
    fail('no answer');
  });
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    if (certificate === undefined) fail('no certificate');
    else resolve(certificateFacts(certificate.toString()).serial);
  });
  return promise;
}
