import { acceptsConnections, ports } from '@neco/cluster-access';

const services = [
  { port: ports.etcdClient, what: 'etcd' },
  { port: ports.etcdPeer, what: 'etcd (peers)' },
  { port: ports.vault, what: 'Vault' },
] as const;

/** Who accepts connections. Each place is asked once: a dead one takes the whole limit. */
export class PresenceProbe {
  readonly #asked = new Map<string, Promise<boolean>>();

  /** Which services of a boot server accept a connection in time: none of a dead one. */
  async services(address: string): Promise<string[]> {
    const found = await Promise.all(
      services.map(async ({ port, what }) => ((await this.accepts(address, port)) ? [what] : [])),
    );
    return found.flat();
  }

  accepts(address: string, port: number): Promise<boolean> {
    const place = `${address}:${String(port)}`;
    const asked = this.#asked.get(place) ?? acceptsConnections(address, port);
    this.#asked.set(place, asked);
    return asked;
  }
}
