import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from 'fs-extra/esm';
import { buildOnce } from '../lib/cache.ts';
import type { Architecture } from '../servers/build.ts';
import { debFileName } from './make-deb.ts';
import { repository, sourceKey } from './source-key.ts';

/** Neco's own package, and what its build measured. */
export interface NecoDeb {
  readonly path: string;
  /** Sentences about the installed size and the start-up time, for the person who built it. */
  readonly figures: string;
}

export interface NecoDebOptions {
  /** Other than this machine's, it is cross-built. */
  readonly architecture?: Architecture;
  /** The version that it calls itself; the one in package.json unless given. */
  readonly version?: string;
}

/** Gives the deb of neco itself. @throws NecoError COMMAND_FAILED; Error of esbuild when a source does not bundle. */
export async function necoDeb({ architecture = 'amd64', ...options }: NecoDebOptions = {}): Promise<NecoDeb> {
  const version = options.version ?? (await ownVersion());
  const directory = await buildOnce({
    kind: `debs/neco${architecture === 'amd64' ? '' : `-${architecture}`}`,
    key: `${version}-${await sourceKey(['packages', 'package-lock.json', 'tools/deb', 'tools/lib'])}`,
    title: `neco ${version} (${architecture})`,
    estimate: 'some seconds',
    // Loaded when it is needed, for most of the time the deb is there: bundler, command line and man page take half a second.
    build: async (place) => {
      const { buildNecoDeb } = await import('./build-neco-deb.ts');
      await buildNecoDeb(place, version, architecture);
    },
  });
  const figures = await readFile(join(directory, 'figures.txt'), 'utf8');
  return {
    path: join(directory, debFileName({ name: 'neco', version, architecture })),
    figures: figures.trim(),
  };
}

async function ownVersion(): Promise<string> {
  return ((await readJson(join(repository, 'package.json'))) as { version: string }).version;
}
