import type { Http2Session } from 'node:http2';
import { rendezvousWire } from './rendezvous-wire.ts';

/**
 * Pings the other side of an HTTP/2 session and ends the session when it says nothing for too long: a power cut
 * or a network that swallows packets sends no word of its own (RFC 9113, 6.7).
 * @param onSilent told before the session is destroyed.
 */
export function watchPeer(session: Http2Session, onSilent: () => void): void {
  let heard = performance.now();
  let waiting = false;
  const ping = (): void => {
    if (session.destroyed) return;
    if (performance.now() - heard > rendezvousWire.silenceLimit) {
      onSilent();
      session.destroy();
      return;
    }
    if (waiting) return;
    waiting = session.ping((error: Error | null) => {
      waiting = false;
      if (error === null) heard = performance.now();
    });
  };
  const timer = setInterval(ping, rendezvousWire.pingInterval);
  session.once('close', () => {
    clearInterval(timer);
  });
}
