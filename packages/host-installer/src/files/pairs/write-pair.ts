import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NecoError } from '@neco/core';
import { resolveOwner } from '../../accounts.ts';
import type { Pair, PairPaths } from '../../host-reader.ts';
import type { FileOwner, PairFiles } from '../../host-writer.ts';
import { inFile, unlessMissing } from '../file-error.ts';
import { fsExtra } from '../fs-extra.ts';
import { makeDirectoryUnsynced } from '../make-directory.ts';
import { certificateName, keyName, pairLayout, type PairLayout } from './pair-layout.ts';
import { linkTarget } from './read-pair.ts';
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
 * each. The generation before is kept, older ones are removed. The links keep their inodes.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED; CERTIFICATE_INVALID when certificate and key do not belong together
 */
export async function writePairs(pairs: readonly PairFiles[]): Promise<boolean> {
  for (const pair of pairs) requireMatch(pair);
  const written = await Promise.all(pairs.map(writeGeneration));
  await syncPaths(written.flatMap(({ unsynced }) => unsynced));
  const changes = await Promise.all(written.map(putInPlace));
  await syncPaths(written.flatMap(({ layout }) => [layout.store, layout.directory]));
  return changes.includes(true);
}

/** A pair that is there, but not in place yet. */
interface WrittenPair {
  layout: PairLayout;
  /** The generation that is in place. */
  before: string | undefined;
  /** The new one; undefined where the one in place is as wanted. */
  generation: string | undefined;
  /** What has to be on the disk before it is put in place. */
  unsynced: readonly string[];
}

async function writeGeneration(pair: PairFiles): Promise<WrittenPair> {
  return inFile('write the pair', pair.certificatePath, async () => {
    const layout = pairLayout(pair);
    const before = await linkTarget(layout.current);
    if (before !== undefined && (await isGeneration(join(layout.store, before), pair)))
      return { layout, before, generation: undefined, unsynced: [] };
    const made = await makeStore(layout);
    const { generation, unsynced } = await addGeneration(layout, pair);
    return { layout, before, generation, unsynced: [...made, ...unsynced] };
  });
}

async function putInPlace({ layout, before, generation }: WrittenPair): Promise<boolean> {
  const [link] = layout.links;
  return inFile('put the pair in place at', link.path, async () => {
    if (generation !== undefined) {
      await ensureLinks(layout, 'missing');
      await swapLink(layout.current, generation);
      await removeOlder(layout, [generation, before]);
    }
    const relinked = await ensureLinks(layout, 'all');
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

async function isGeneration(directory: string, pair: Pair & FileOwner): Promise<boolean> {
  for (const file of await generationFiles(directory, pair)) {
    if (!(await isAlready(file))) return false;
  }
  return true;
}

async function makeStore({ store }: PairLayout): Promise<string[]> {
  const pairs = await makeDirectoryUnsynced(dirname(store), { mode: 0o755 });
  return [...pairs, ...(await makeDirectoryUnsynced(store, { mode: 0o755 }))];
}

/** Writes the next generation; a half-written one of before keeps its number. */
async function addGeneration(
  { store }: PairLayout,
  pair: Pair & FileOwner,
): Promise<{ generation: string; unsynced: string[] }> {
  const numbers = (await readdir(store)).map(Number).filter(Number.isInteger);
  const generation = String(Math.max(0, ...numbers) + 1);
  const directory = join(store, generation);
  await mkdir(directory);
  await chmod(directory, 0o755);
  const files = await generationFiles(directory, pair);
  for (const file of files) await writeNewFile(file);
  return { generation, unsynced: [...files.map(({ path }) => path), directory, store] };
}

/** Missing links come before the swap, so that a first pair appears whole; what stands in their place is replaced after it. */
async function ensureLinks(layout: PairLayout, which: 'missing' | 'all'): Promise<boolean> {
  let changed = false;
  for (const { path, target } of layout.links) {
    if ((await linkTarget(path)) === target) continue;
    if (which === 'missing' && (await unlessMissing(lstat(path))) !== undefined) continue;
    await swapLink(path, target);
    changed = true;
  }
  return changed;
}

async function swapLink(path: string, target: string): Promise<void> {
  await removeScratch(path);
  const scratch = scratchName(path);
  await symlink(target, scratch);
  await rename(scratch, path);
}

async function removeOlder({ store }: PairLayout, keep: readonly (string | undefined)[]): Promise<void> {
  for (const name of await readdir(store)) {
    if (!/^[0-9]+$/.test(name) || keep.includes(name)) continue;
    const { remove } = await fsExtra();
    await remove(join(store, name));
  }
}
