import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NecoError } from '@neco/core';
import { resolveOwner } from '../accounts.ts';
import type { Pair, PairPaths } from '../host-reader.ts';
import type { FileOwner } from '../host-writer.ts';
import { errnoOf, inFile, unlessMissing } from './file-error.ts';
import { makeDirectory } from './make-directory.ts';
import { certificateName, keyName, pairLayout, type PairLayout } from './pair-layout.ts';
import { linkTarget } from './read-pair.ts';
import { removeScratch, scratchName } from './scratch-name.ts';
import { syncDirectory } from './sync-directory.ts';
import { isAlready } from './write-file.ts';
import { writeNewFile, type NewFile } from './write-new-file.ts';

/**
 * Puts a certificate (0644) and its key (0600) in place at once: both are written and synced as a new generation, and
 * one symbolic link is swapped. Killed at any point, the old pair or the new one is there, never half of each. The
 * generation before is kept, older ones are removed. The links keep their inodes.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED; CERTIFICATE_INVALID when certificate and key do not belong together
 */
export async function writePair(pair: PairPaths & Pair & FileOwner): Promise<boolean> {
  return inFile('write the pair', pair.certificatePath, async () => {
    requireMatch(pair);
    const layout = pairLayout(pair);
    const before = await linkTarget(layout.current);
    const changed = before === undefined || !(await isGeneration(join(layout.store, before), pair));
    if (changed) {
      await makeStore(layout);
      const generation = await addGeneration(layout, pair);
      await ensureLinks(layout, 'missing');
      await swapLink(layout.current, generation);
      await removeOlder(layout, [generation, before]);
    }
    const relinked = await ensureLinks(layout, 'all');
    await syncDirectory(layout.store);
    await syncDirectory(layout.directory);
    return changed || relinked;
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

async function makeStore({ store }: PairLayout): Promise<void> {
  await makeDirectory(dirname(store), { mode: 0o755 });
  await makeDirectory(store, { mode: 0o755 });
}

/** Writes the next generation and has all of it on the disk; a half-written one of before keeps its number. */
async function addGeneration({ store }: PairLayout, pair: Pair & FileOwner): Promise<string> {
  const numbers = (await readdir(store)).map(Number).filter(Number.isInteger);
  const generation = String(Math.max(0, ...numbers) + 1);
  const directory = join(store, generation);
  await mkdir(directory);
  await chmod(directory, 0o755);
  for (const file of await generationFiles(directory, pair)) await writeNewFile(file);
  await syncDirectory(directory);
  await syncDirectory(store);
  return generation;
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
  await syncDirectory(dirname(path));
}

async function removeOlder({ store }: PairLayout, keep: readonly (string | undefined)[]): Promise<void> {
  for (const name of await readdir(store)) {
    if (!/^[0-9]+$/.test(name) || keep.includes(name)) continue;
    await rm(join(store, name), { recursive: true }).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}
