import { join } from 'node:path';
import type { Server } from '../../../dctest/src/server/server.ts';
import { run } from '../../../dctest/src/host/run.ts';
import { floorFolder, runScript } from './run-script.ts';

/** Sets the servers up by hand, then looks whether that worked. @returns the time without looking, in ms. */
export async function measureFloor(servers: readonly Server[], signal: AbortSignal): Promise<number> {
  const doors = await Promise.all(
    servers.map(async (server) => `${server.which} ${server.address} ${(await server.entrance()).join(' ')}`),
  );
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
  };
  const start = performance.now();
  await run(['bash', '--norc', join(floorFolder, 'floor.sh'), ...doors], { environment, signal });
  const took = performance.now() - start;
  await Promise.all(
    servers.map((server) => runScript(server, 'verify.sh', [`${server.which}`, server.address])),
  );
  return took;
}
