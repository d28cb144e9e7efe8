import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';

/** A finished cluster of boot-0, boot-1 and boot-2. */
export interface ThreeServers {
  readonly dataCenter: DataCenter;
  readonly zero: Server;
  readonly one: Server;
  readonly two: Server;
}

/**
 * Has a finished cluster for the cases of a `describe` block, and takes it down after them.
 * @param name of the data centre
 * @returns gives the cluster, in a case
 */
export function threeServers(name: string): () => ThreeServers {
  let cluster: ThreeServers | undefined;

  before(async () => {
    const dataCenter = await DataCenter.up({ name, lrns: [0, 1, 2], setup: true, replace: true });
    const [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
    cluster = { dataCenter, zero, one, two };
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  return () => {
    if (cluster === undefined) throw new Error(`${name} is not up`);
    return cluster;
  };
}
