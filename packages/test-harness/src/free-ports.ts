import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * TCP ports of 127.0.0.1 that were free a moment ago, all different. Another process may take one before it is used:
 * who starts a server on it must be ready to ask for others.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
