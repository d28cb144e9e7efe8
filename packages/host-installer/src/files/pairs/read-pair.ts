import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@neco/core';
import type { Pair, PairPaths } from '../../host-reader.ts';
import { errnoOf, inFile, unlessMissing } from '../file-error.ts';
import { certificateName, keyName, pairLayout } from './pair-layout.ts';

/**
 * The pair as it lies on disk. Both files are read from one generation, also while another process swaps it.
 * Undefined when either is missing. @throws NecoError FILE_FAILED
 */
export async function readPair(paths: PairPaths): Promise<Pair | undefined> {
  return inFile('read the pair', paths.certificatePath, async () => {
    const { links, store, current } = pairLayout(paths);
    const targets = await Promise.all(links.map(({ path }) => linkTarget(path)));
    const ours = links.every(({ target }, index) => targets[index] === target);
    if (!ours) return readBoth(paths.certificatePath, paths.keyPath);
    const generation = await linkTarget(current);
    if (generation === undefined) return undefined;
    return readBoth(join(store, generation, certificateName), join(store, generation, keyName));
  });
}

async function readBoth(certificatePath: string, keyPath: string): Promise<Pair | undefined> {
  const certificate = await unlessMissing(readFile(certificatePath, 'utf8'));
  const key = await unlessMissing(readFile(keyPath, 'utf8'));
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
