import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError } from '@neco/core';
import { resolveOwner } from '../../accounts.ts';
import type { Pair, PairPaths } from '../../host-reader.ts';
import type { FileOwner, PairFiles } from '../../host-writer.ts';
import { inFile, unlessMissing } from '../file-error.ts';
import { ensureDirectory, type EnsuredDirectory } from '../held/ensure-directory.ts';
import { enterDirectory, holdDirectory, type HeldDirectory } from '../held/hold-directory.ts';
import { removeEntry } from '../held/remove-entry.ts';
import { certificateName, currentName, keyName, pairLayout, type PairLayout } from './pair-layout.ts';
import { currentGeneration, holdStore, isGenerationName, linkTarget } from './read-pair.ts';
import { removeScratch, scratchName } from '../scratch-name.ts';
import { syncPaths } from '../sync-paths.ts';
import { isAlready } from '../write-file.ts';
import { writeNewFile, type NewFile } from '../write-new-file.ts';

/** As `writePairs`, of one. @throws NecoError FILE_FAILED, CERTIFICATE_INVALID */
export async function writePair(pair: PairFiles): Promise<boolean> {
  return writePairs([pair]);
}

/**
 * Puts certificates (0644) and their keys (0600) in place, each pair at once: both are written and synced as a new
 * generation, and one symbolic link is swapped. Killed at any point, the old pair or the new one is there, never half of
 * each. Once the new pair is in place and on the disk, nothing reads the generations before it, and their keys are removed. The
 * links keep their inodes.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED; CERTIFICATE_INVALID when certificate and key do not belong together
 */
export async function writePairs(pairs: readonly PairFiles[]): Promise<boolean> {
  for (const pair of pairs) requireMatch(pair);
  await using held = new AsyncDisposableStack();
  // All settle before what they hold is given up.
  const settled = await Promise.allSettled(pairs.map((pair) => writeGeneration(pair, held)));
  const written = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  await syncPaths(written.flatMap(({ unsynced }) => unsynced));
  const changes = await Promise.all(written.map(putInPlace));
  await syncPaths(written.flatMap(({ store, directory }) => [store.path, directory.path]));
  await Promise.all(written.map(removeSuperseded));
  return changes.includes(true);
}

/** A pair that is there, but not in place yet. */
interface WrittenPair {
  path: string;
  layout: PairLayout;
  directory: HeldDirectory;
  store: HeldDirectory;
  /** The generation that is in place. */
  before: string | undefined;
  /** The new one; undefined where the one in place is as wanted. */
  generation: string | undefined;
  /** What has to be on the disk before it is put in place. */
  unsynced: readonly string[];
}

async function writeGeneration(pair: PairFiles, held: AsyncDisposableStack): Promise<WrittenPair> {
  const path = pair.certificatePath;
  return inFile('write the pair', path, async () => {
    const layout = pairLayout(pair);
    const directory = held.use(await holdDirectory(layout.directory));
    const there = await unlessMissing(holdStore(directory, layout));
    if (there !== undefined) {
      const store = held.use(there);
      const before = await currentGeneration(store);
      if (before !== undefined && (await isGeneration(store, before, pair)))
        return { path, layout, directory, store, before, generation: undefined, unsynced: [] };
    }
    const made = await makeStore(directory, layout, held);
    const store = made.directory;
    const before = await currentGeneration(store);
    const { generation, unsynced } = await addGeneration(store, pair, held);
    return {
      path,
      layout,
      directory,
      store,
      before,
      generation,
      unsynced: [...made.unsynced, ...unsynced],
    };
  });
}

async function putInPlace(written: WrittenPair): Promise<boolean> {
  const { path, store, generation } = written;
  return inFile('put the pair in place at', path, async () => {
    if (generation !== undefined) {
      await ensureLinks(written, 'missing');
      await swapLink(store, currentName, generation);
    }
    const relinked = await ensureLinks(written, 'all');
    return relinked || generation !== undefined;
  });
}

function requireMatch({ certificatePath, certificate, key }: PairPaths & Pair): void {
  const matches = (() => {
    try {
      return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()));
    } catch {
      // What OpenSSL says might quote the key.
      return false;
    }
  })();
  if (!matches) {
    throw new NecoError(
      'CERTIFICATE_INVALID',
      `the certificate for ${certificatePath} and its private key do not belong together`,
    );
  }
}

async function generationFiles(directory: string, pair: Pair & FileOwner): Promise<NewFile[]> {
  const owner = await resolveOwner(pair.owner, pair.group);
  return [
    { path: join(directory, certificateName), content: pair.certificate, mode: 0o644, ...owner },
    { path: join(directory, keyName), content: pair.key.reveal(), mode: 0o600, ...owner },
  ];
}

async function isGeneration(store: HeldDirectory, name: string, pair: Pair & FileOwner): Promise<boolean> {
  const directory = await unlessMissing(enterDirectory(store, name));
  if (directory === undefined) return false;
  await using _held = directory;
  for (const file of await generationFiles(directory.path, pair)) {
    if (!(await isAlready(file, directory))) return false;
  }
  return true;
}

/** Both directories are root's before anything is written below: a generation stays as it was made. */
async function makeStore(
  directory: HeldDirectory,
  { store: [pairsName, name] }: PairLayout,
  held: AsyncDisposableStack,
): Promise<EnsuredDirectory> {
  const attributes = { mode: 0o755, ...(await resolveOwner(undefined, undefined)) };
  const pairs = await ensureDirectory(directory, pairsName, attributes);
  held.use(pairs.directory);
  const store = await ensureDirectory(pairs.directory, name, attributes);
  held.use(store.directory);
  return { directory: store.directory, unsynced: [...pairs.unsynced, ...store.unsynced] };
}

/** Writes the next generation; a half-written one of before keeps its number. */
async function addGeneration(
  store: HeldDirectory,
  pair: Pair & FileOwner,
  held: AsyncDisposableStack,
): Promise<{ generation: string; unsynced: string[] }> {
  const numbers = (await readdir(store.path)).filter(isGenerationName).map(Number);
  const generation = String(Math.max(0, ...numbers) + 1);
  await mkdir(join(store.path, generation));
  const directory = held.use(await enterDirectory(store, generation));
  await chmod(directory.path, 0o755);
  const files = await generationFiles(directory.path, pair);
  for (const file of files) await writeNewFile(file);
  return { generation, unsynced: [...files.map(({ path }) => path), directory.path, store.path] };
}

/** Missing links come before the swap, so that a first pair appears whole; what stands in their place is replaced after it. */
export async function ensureLinks(
  { layout, directory }: Pick<WrittenPair, 'layout' | 'directory'>,
  which: 'missing' | 'all',
): Promise<boolean> {
  let changed = false;
  for (const { name, target } of layout.links) {
    const path = join(directory.path, name);
    if ((await linkTarget(path)) === target) continue;
    if (which === 'missing' && (await unlessMissing(lstat(path))) !== undefined) continue;
    await swapLink(directory, name, target);
    changed = true;
  }
  return changed;
}

export async function swapLink(directory: HeldDirectory, name: string, target: string): Promise<void> {
  const path = join(directory.path, name);
  await removeScratch(directory, name);
  const scratch = scratchName(path);
  await symlink(target, scratch);
  await rename(scratch, path);
}

/** Not before the new link is on the disk: after a power cut the old one might be there again. */
async function removeSuperseded({ path, store, before, generation = before }: WrittenPair): Promise<void> {
  await inFile('remove the superseded keys of', path, async () => {
    for (const name of await readdir(store.path)) {
      if (isGenerationName(name) && name !== generation) await removeEntry(store, name);
    }
  });
}
