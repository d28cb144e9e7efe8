import { createPrivateKey, X509Certificate } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PairPaths } from '../../host-reader.ts';
import { inFile, unlessMissing } from '../file-error.ts';
import { enterDirectory, holdDirectory, type HeldDirectory } from '../held/hold-directory.ts';
import { readEntry } from '../held/read-entry.ts';
import { syncPaths } from '../sync-paths.ts';
import { certificateName, currentName, keyName, pairLayout, type PairLayout } from './pair-layout.ts';
import { currentGeneration, holdStore, isGenerationName } from './read-pair.ts';
import { ensureLinks, swapLink } from './write-pair.ts';

/**
 * Which links to a pair are gone although the pair lies in its store, by path; none where all is as it was written, and none
 * where there is no pair. @throws NecoError FILE_FAILED
 */
export async function lostLinks(paths: PairPaths): Promise<string[]> {
  return inFile('look for the pair', paths.certificatePath, async () => {
    const lost = await withLost(paths, (found) => Promise.resolve(found.lost));
    return lost ?? [];
  });
}

/** Puts the links back that `lostLinks` names, and nothing in place of what lies there. @throws NecoError FILE_FAILED */
export async function relinkPair(paths: PairPaths): Promise<boolean> {
  return inFile('restore the links to the pair', paths.certificatePath, async () => {
    const changed = await withLost(paths, async ({ layout, directory, store, generation, lost }) => {
      if (lost.length === 0) return false;
      if ((await currentGeneration(store)) === undefined) await swapLink(store, currentName, generation);
      await ensureLinks({ layout, directory }, 'missing');
      await syncPaths([store.path, directory.path]);
      return true;
    });
    return changed ?? false;
  });
}

interface FoundPair {
  layout: PairLayout;
  directory: HeldDirectory;
  store: HeldDirectory;
  /** The one in place, or the newest that is whole where none is. */
  generation: string;
  lost: string[];
}

async function withLost<T>(paths: PairPaths, work: (found: FoundPair) => Promise<T>): Promise<T | undefined> {
  const layout = pairLayout(paths);
  const held = await unlessMissing(holdDirectory(layout.directory));
  if (held === undefined) return undefined;
  await using directory = held;
  const there = await unlessMissing(holdStore(directory, layout));
  if (there === undefined) return undefined;
  await using store = there;
  const current = await currentGeneration(store);
  const generation = current ?? (await newestWhole(store));
  if (generation === undefined || !(await isWhole(store, generation))) return undefined;
  const lost = [...(current === undefined ? [join(layout.directory, ...layout.store, currentName)] : [])];
  for (const { name } of layout.links) {
    if ((await unlessMissing(lstat(join(directory.path, name)))) === undefined)
      lost.push(join(layout.directory, name));
  }
  return await work({ layout, directory, store, generation, lost });
}

async function newestWhole(store: HeldDirectory): Promise<string | undefined> {
  const names = (await readdir(store.path)).filter(isGenerationName);
  for (const name of names.sort((one, other) => Number(other) - Number(one)))
    if (await isWhole(store, name)) return name;
  return undefined;
}

/** Whether both files are there and belong together: one that was being written when its writer was killed may be half. */
async function isWhole(store: HeldDirectory, name: string): Promise<boolean> {
  const entered = await unlessMissing(enterDirectory(store, name));
  if (entered === undefined) return false;
  await using directory = entered;
  const read = (file: string) => unlessMissing(readEntry(join(directory.path, file), directory));
  const [certificate, key] = [await read(certificateName), await read(keyName)];
  if (certificate === undefined || key === undefined) return false;
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
