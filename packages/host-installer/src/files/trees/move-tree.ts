import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf, unlessMissing } from '../file-error.ts';
import { enterDirectory, type HeldDirectory } from '../held/hold-directory.ts';
import { removeEntry } from '../held/remove-entry.ts';
import { removeScratch, scratchName } from '../scratch-name.ts';
import { syncPaths } from '../sync-paths.ts';
import { copyTree } from './copy-tree.ts';

/** What mkfs puts on a disk of its own, for fsck alone. */
const belongsToDisk = 'lost+found';

/**
 * Moves a file or a directory to a name in the same directory where nothing is yet. A rename where that works; otherwise a
 * copy, which is whole and synced before anything of the original is removed: out of a mount point (EBUSY), which stays as an
 * empty directory, and across file systems (EXDEV), as a directory of a lower layer is for overlayfs.
 */
export async function moveTree(directory: HeldDirectory, name: string, target: string): Promise<void> {
  try {
    await rename(join(directory.path, name), join(directory.path, target));
    await syncPaths([directory.path]);
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') await moveByCopy(directory, name, target);
    else if (errnoOf(error) === 'EBUSY') await moveOutOfMount(directory, name, target, error);
    else throw error;
  }
}

async function moveByCopy(directory: HeldDirectory, name: string, target: string): Promise<void> {
  await copyInto(directory, name, target);
  await removeEntry(directory, name);
  await syncPaths([directory.path]);
}

async function moveOutOfMount(
  directory: HeldDirectory,
  name: string,
  target: string,
  busy: unknown,
): Promise<void> {
  // A single file that is mounted cannot be emptied.
  const mounted = await unlessMissing(enterDirectory(directory, name));
  if (mounted === undefined) throw busy;
  await using _held = mounted;
  await copyInto(directory, name, target);
  for (const child of await readdir(mounted.path)) {
    if (child !== belongsToDisk) await removeEntry(mounted, child);
  }
  await syncPaths([mounted.path]);
}

/** Copies with mode, owner and times. The target appears whole and synced; a process that is killed leaves scratch alone. */
async function copyInto(directory: HeldDirectory, name: string, target: string): Promise<void> {
  await removeScratch(directory, name);
  const scratch = basename(scratchName(join(directory.path, name)));
  // For root alone, so that nobody changes the copy before it is whole.
  await mkdir(join(directory.path, scratch), { mode: 0o700 });
  try {
    await using inner = await enterDirectory(directory, scratch);
    await copyTree({ directory, name }, { directory: inner, name: target }, { except: belongsToDisk });
    await rename(join(inner.path, target), join(directory.path, target));
    await syncPaths([directory.path]);
  } finally {
    await removeEntry(directory, scratch);
  }
}
