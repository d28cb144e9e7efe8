import { connect } from 'node:tls';
import { sleep } from '@neco/core';

/** As long as a timer can be; the signal ends it. */
const longest = 2 ** 31 - 1;

/**
 * Opens a TLS connection to a server and waits until the server closes or refuses it, or until the signal fires. Never
 * throws.
 * @param address such as `https://10.0.0.3:8200`.
 * @param ca in PEM.
 */
export async function untilClosed(address: string, ca: string, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), ca });
  const closed = new AbortController();
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => closed.abort());
  socket.resume(); // 'close' waits until all data is read
  await sleep(longest, AbortSignal.any([signal, closed.signal]));
  socket.destroy();
}
