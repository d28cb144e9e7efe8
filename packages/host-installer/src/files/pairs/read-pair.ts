import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Secret } from '@neco/core';
import type { FileStatus, Pair, PairPaths } from '../../host-reader.ts';
import { errnoOf, inFile, unlessMissing } from '../file-error.ts';
import { entryStatus } from '../file-status.ts';
import { enterDirectory, holdDirectory, type HeldDirectory } from '../held/hold-directory.ts';
import { readEntry } from '../held/read-entry.ts';
import { certificateName, currentName, keyName, pairLayout, type PairLayout } from './pair-layout.ts';

/**
 * The pair as it lies on disk. Both files are read from one generation, also while another process swaps it.
 * Undefined when either is missing. @throws NecoError FILE_FAILED
 */
export async function readPair(paths: PairPaths): Promise<Pair | undefined> {
  return inFile('read the pair', paths.certificatePath, () => unlessMissing(withFiles(paths, readBoth)));
}

/** The status of a pair's key where that lies. Undefined when there is none. @throws NecoError FILE_FAILED */
export async function keyStatus(paths: PairPaths): Promise<FileStatus | undefined> {
  return inFile('look at', paths.keyPath, () =>
    unlessMissing(withFiles(paths, ({ directory, key }) => entryStatus(join(directory.path, key)))),
  );
}

/** Where the two files of a pair lie. */
interface PlacedPair {
  directory: HeldDirectory;
  certificate: string;
  key: string;
}

/** Undefined where the links lead to no generation. */
async function withFiles<T>(
  paths: PairPaths,
  work: (pair: PlacedPair) => Promise<T | undefined>,
): Promise<T | undefined> {
  const layout = pairLayout(paths);
  await using directory = await holdDirectory(layout.directory);
  const targets = await Promise.all(layout.links.map(({ name }) => linkTarget(join(directory.path, name))));
  const isOurs = layout.links.every(({ target }, index) => targets[index] === target);
  if (!isOurs) {
    const [certificate, key] = [basename(paths.certificatePath), basename(paths.keyPath)];
    return await work({ directory, certificate, key });
  }
  await using store = await holdStore(directory, layout);
  return await inCurrentGeneration(store, (inner) =>
    work({ directory: inner, certificate: certificateName, key: keyName }),
  );
}

/** Another process may put the next generation in place meanwhile, and remove this one. */
async function inCurrentGeneration<T>(
  store: HeldDirectory,
  work: (directory: HeldDirectory) => Promise<T | undefined>,
): Promise<T | undefined> {
  const inGeneration = async (name: string): Promise<T | undefined> => {
    await using directory = await enterDirectory(store, name);
    return await work(directory);
  };
  for (let generation = await currentGeneration(store); generation !== undefined;) {
    const found = await unlessMissing(inGeneration(generation));
    const now = await currentGeneration(store);
    if (found !== undefined || now === generation) return found;
    generation = now;
  }
  return undefined;
}

/** The directory of the generations. @throws as `holdDirectory` */
export async function holdStore(directory: HeldDirectory, { store }: PairLayout): Promise<HeldDirectory> {
  await using pairs = await enterDirectory(directory, store[0]);
  return await enterDirectory(pairs, store[1]);
}

/** The generation in place, undefined when there is none: what leads out of the store is none. */
export async function currentGeneration(store: HeldDirectory): Promise<string | undefined> {
  const target = await linkTarget(join(store.path, currentName));
  return target !== undefined && isGenerationName(target) ? target : undefined;
}

/** Few enough digits to count on. */
export function isGenerationName(name: string): boolean {
  return /^[0-9]{1,12}$/.test(name);
}

async function readBoth(pair: PlacedPair): Promise<Pair | undefined> {
  const { directory } = pair;
  const text = async (name: string) =>
    (await unlessMissing(readEntry(join(directory.path, name), directory)))?.toString('utf8');
  const [certificate, key] = [await text(pair.certificate), await text(pair.key)];
  return certificate === undefined || key === undefined ? undefined : { certificate, key: new Secret(key) };
}

/** Where a symbolic link leads, undefined when there is none (EINVAL: it is something else). */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await unlessMissing(readlink(path));
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return undefined;
    throw error;
  }
}
