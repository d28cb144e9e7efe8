import { connect } from 'node:tls';
import { inTime } from '@neco/core';

/**
 * Opens a TLS connection to a server and waits until the server closes or refuses it, or until the signal fires. Never
 * throws.
 * @param address such as `https://10.0.0.3:8200`.
 * @param ca in PEM.
 */
export async function untilClosed(address: string, ca: string, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), ca });
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => resolve(undefined));
  socket.resume(); // 'close' waits until all data is read
  await inTime(closed, { signal }, undefined);
  socket.destroy();
}
