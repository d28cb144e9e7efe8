import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Any port will do: nothing is sent to it. */
const port = 9;

/**
 * The address from which the kernel would send to another address: a datagram socket that is connected has it, and sends nothing for
 * that, see udp(7). Undefined where no route leads there.
 */
export async function sourceAddress(to: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(port, to);
    await connected;
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
