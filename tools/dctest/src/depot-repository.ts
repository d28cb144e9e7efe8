import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sourceKey } from '../../deb/source-key.ts';
import { buildOnce } from '../../lib/cache.ts';
import { hashOf } from '../../lib/hash-of.ts';
import { makeRepository } from '../../repository/src/make-repository.ts';
import { SigningKey } from '../../repository/src/signing-key.ts';
import { depotUri } from './server/address-plan.ts';

export interface DepotRepository {
  /** A directory that lies over the base image on the depot: `srv/depot/apt` in it is the repository. */
  readonly tree: string;
  /** What the repository is signed with, in ASCII armour. */
  readonly publicKey: string;
}

/**
 * The cached apt repository with these debs, as `npm run repository` makes it, signed with a key that is made once on a machine.
 * @param debs paths of this machine; neco's own, which are built when missing, unless given.
 * @throws NecoError COMMAND_FAILED
 */
export async function depotRepository(
  debs: readonly string[] | undefined,
  say: (line: string) => void,
): Promise<DepotRepository> {
  const source = await sourceKey(['tools/repository/src']);
  const keyDirectory = await buildOnce({
    kind: 'depot-key',
    key: await sourceKey(['tools/repository/src/signing-key.ts']),
    title: "the depot's signing key",
    say,
    build: async (directory) => {
      await using key = await SigningKey.open(join(directory, 'key'));
      await writeFile(join(directory, 'public.asc'), await key.publicKey());
    },
  });
  const publicKey = await readFile(join(keyDirectory, 'public.asc'), 'utf8');
  const files = debs ?? (await necoDebs());
  // Of neco's own the paths tell what they are made from, and reading 130 MB takes a second.
  const names =
    debs === undefined
      ? files
      : await Promise.all(files.map(async (file) => `${basename(file)} ${await digest(file)}`));
  const tree = await buildOnce({
    kind: 'depot',
    key: hashOf([source, depotUri, publicKey, ...[...names].sort()]),
    title: "the depot's apt repository",
    keep: 3,
    say,
    build: async (directory) => {
      await using key = await SigningKey.open(join(keyDirectory, 'key'));
      const place = join(directory, 'srv/depot/apt');
      await mkdir(place, { recursive: true });
      // They lie over the depot's own directories, and its nginx reads them.
      for (const path of ['', 'srv', 'srv/depot', 'srv/depot/apt']) await chmod(join(directory, path), 0o755);
      await makeRepository(place, { debs: files, key, uri: depotUri });
    },
  });
  return { tree, publicKey };
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
