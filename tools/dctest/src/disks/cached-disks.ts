import { join } from 'node:path';
import { buildOnce, type CachedBuild } from '../../../lib/cache.ts';
import { run } from '../host/run.ts';
import type { Server } from '../server/server.ts';
import { together } from '../host/together.ts';

/** A data centre that is brought up only for what its servers write to their disks. */
export interface DiskSource {
  readonly servers: readonly Server[];
  down(): Promise<void>;
}

export interface CachedDisksOptions extends Pick<CachedBuild, 'kind' | 'key' | 'title' | 'estimate'> {
  readonly say: (line: string) => void;
  /** Brings the data centre up. */
  readonly bringUp: () => Promise<DiskSource>;
  /** Does on its servers what the disks are for. */
  readonly prepare: (servers: readonly Server[]) => Promise<void>;
}

/**
 * What the servers of a data centre have written to their disks when they are shut down, kept in the cache: a directory
 * for each server, named after it. It can lie below the disks of other data centres, on top of what lay below it.
 * @returns the absolute path of the directory with all of them, not to be written to.
 */
export async function cachedDisks({ bringUp, prepare, ...wanted }: CachedDisksOptions): Promise<string> {
  const build = async (directory: string) => {
    const source = await bringUp();
    try {
      await prepare(source.servers);
      await together(source.servers.map((server) => server.shutDown()));
      for (const server of source.servers) await server.moveDiskTo(join(directory, server.name));
    } finally {
      await source.down();
    }
    await shareFiles(source.servers.map(({ name }) => join(directory, name, 'usr')));
  };
  return buildOnce({ ...wanted, keep: 2, build });
}

/** Makes equal programs on several disks one file, which this machine reads once and keeps in memory once. */
async function shareFiles(directories: readonly string[]): Promise<void> {
  await run(['hardlink', '--quiet', '--minimum-size', '1M', ...directories]);
}
