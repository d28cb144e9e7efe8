import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildOnce } from '../../lib/cache.ts';
import { hashOf } from '../../lib/hash-of.ts';
import { contained } from './contained.ts';
import { run } from './run.ts';

/** What the depot's repository calls itself: it serves each Debian release. */
export const repositorySuite = 'stable';

export interface DepotRepository {
  /** A directory that lies over the base image on the depot: `srv/depot/apt` in it is the repository. */
  readonly tree: string;
  /** What the repository is signed with, in ASCII armour. */
  readonly publicKey: string;
}

const keyScript = join(import.meta.dirname, 'depot-key.sh');
const repositoryScript = join(import.meta.dirname, 'depot-repository.sh');

/**
 * The cached apt repository with these debs, made by reprepro(1), signed with a key that is made once on a machine.
 * @param debs paths of this machine; neco's own, which are built when missing, unless given.
 * @throws NecoError COMMAND_FAILED
 */
export async function depotRepository(
  debs: readonly string[] | undefined,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<DepotRepository> {
  const keyDirectory = await buildOnce({
    kind: 'depot-key',
    key: hashOf([await readFile(keyScript)]),
    title: "the depot's signing key",
    say,
    build: (directory) => runScript([keyScript, directory], signal),
  });
  const publicKey = await readFile(join(keyDirectory, 'public.asc'), 'utf8');
  const files = debs ?? (await necoDebs());
  const digests = await Promise.all(files.map(async (file) => `${basename(file)} ${await digest(file)}`));
  const tree = await buildOnce({
    kind: 'depot',
    key: hashOf([repositorySuite, publicKey, await readFile(repositoryScript), ...digests.sort()]),
    title: "the depot's apt repository",
    keep: 3,
    say,
    build: (directory) =>
      runScript([repositoryScript, keyDirectory, directory, repositorySuite, ...files], signal),
  });
  return { tree, publicKey };
}

async function runScript(argv: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  await run(contained(['sh', ...argv]), signal === undefined ? {} : { signal });
}

/** Loaded when it is needed: a bare data centre needs no debs. */
async function necoDebs(): Promise<string[]> {
  const { debs } = await import('../../deb/debs.ts');
  return debs();
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
