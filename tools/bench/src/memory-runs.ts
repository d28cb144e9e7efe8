import type { Server } from '../../dctest/src/server/server.ts';
import { setUpCluster } from '../../dctest/src/cluster/set-up-cluster.ts';
import { untilHealthy } from '../../dctest/src/cluster/until-healthy.ts';
import type { FigureName } from './figures.ts';
import { installPackages } from './measures/install-packages.ts';
import { measureMemory } from './measures/measure-memory.ts';
import { putReference } from './measures/put-reference.ts';
import type { Sample } from './results.ts';

interface MemoryOptions {
  readonly servers: readonly Server[];
  readonly wanted: ReadonlySet<FigureName>;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

type MemoryRun = (index: number, sayOfRun: (line: string) => void) => Promise<Map<FigureName, Sample>>;

/** Makes a cluster, and measures on it again and again what its daemons hold. */
export async function memoryRuns({
  servers,
  wanted,
  signal,
  say,
}: MemoryOptions): Promise<readonly MemoryRun[]> {
  const [first] = servers;
  if (first === undefined) throw new RangeError('a data centre without servers');
  say('apt-get install');
  await installPackages(servers, signal);
  await setUpCluster(servers, say, signal);
  await Promise.all(servers.map((server) => server.run(['systemctl', 'start', 'neco-worker.service'])));
  const watch = await putReference(first, 'watch');
  return [
    async (_, sayOfRun) => {
      signal.throwIfAborted();
      await untilHealthy(servers, signal);
      sayOfRun('starting the daemons again, until they have settled');
      const { worker, updater, reference } = await measureMemory(first, watch);
      const samples = new Map<FigureName, Sample>([
        ['memory-worker', { ours: worker, reference }],
        ['memory-updater', { ours: updater, reference }],
      ]);
      return new Map([...samples].filter(([name]) => wanted.has(name)));
    },
  ];
}
