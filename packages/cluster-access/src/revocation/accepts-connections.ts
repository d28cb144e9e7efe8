import { connect } from 'node:net';
import { inTime } from '@neco/core';

/** A server on the same network accepts in a few ms; one over a slow link in some hundred. */
const limit = 600;

/** Whether somebody accepts a TCP connection there in time. */
export async function acceptsConnections(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port });
  socket.once('connect', () => {
    resolve(true);
  });
  socket.on('error', () => {
    resolve(false);
  });
  try {
    return await inTime(promise, { limit }, false);
  } finally {
    socket.destroy();
  }
}
