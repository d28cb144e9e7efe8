import { lchown, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../file-error.ts';
import { fsExtra } from '../fs-extra.ts';
import { removeScratch, scratchName } from '../scratch-name.ts';
import { syncPaths } from '../sync-paths.ts';

/** What mkfs puts on a disk of its own, for fsck alone. */
const belongsToDisk = 'lost+found';

/** How many files are open at once while they are synced. */
const syncWidth = 64;

/**
 * Moves a file or a directory to a path where nothing is yet. A rename where that works; otherwise a copy, which is whole
 * and synced before anything of the original is removed: out of a mount point (EBUSY), which stays as an empty directory,
 * and across file systems (EXDEV), as a directory of a lower layer is for overlayfs.
 */
export async function moveTree(path: string, target: string): Promise<void> {
  try {
    await rename(path, target);
    await syncPaths([dirname(path), dirname(target)]);
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') await moveByCopy(path, target);
    else if (errnoOf(error) === 'EBUSY') await moveOutOfMount(path, target, error);
    else throw error;
  }
}

async function moveByCopy(path: string, target: string): Promise<void> {
  const { remove } = await fsExtra();
  await copyTree(path, target);
  await remove(path);
  await syncPaths([dirname(path)]);
}

async function moveOutOfMount(path: string, target: string, busy: unknown): Promise<void> {
  // A single file that is mounted cannot be emptied.
  if (!(await lstat(path)).isDirectory()) throw busy;
  const { remove } = await fsExtra();
  await copyTree(path, target);
  for (const name of await readdir(path)) {
    if (name !== belongsToDisk) await remove(join(path, name));
  }
  await syncPaths([path]);
}

/** Copies with mode, owner and times. The target appears whole and synced; a process that is killed leaves scratch alone. */
async function copyTree(path: string, target: string): Promise<void> {
  const { copy, remove } = await fsExtra();
  await removeScratch(path);
  const scratch = scratchName(path);
  // fs-extra gives each copy its mode after its content; until then nobody else gets in.
  await mkdir(scratch, { mode: 0o700 });
  try {
    const made = join(scratch, basename(target));
    const ofDisk = join(path, belongsToDisk);
    await copy(path, made, { preserveTimestamps: true, filter: (source) => source !== ofDisk });
    await takeOverAndSync(path, made);
    await rename(made, target);
    await syncPaths([dirname(target)]);
  } finally {
    await remove(scratch);
  }
}

/** What fs-extra does not do: the copies get the owners of the originals and are put on the disk. */
async function takeOverAndSync(path: string, copied: string): Promise<void> {
  const unsynced: string[] = [];
  for (const name of ['', ...(await namesUnder(copied))]) {
    const { uid, gid } = await lstat(join(path, name));
    await lchown(join(copied, name), uid, gid);
    const status = await lstat(join(copied, name));
    if (status.isFile() || status.isDirectory()) unsynced.push(join(copied, name));
  }
  for (let start = 0; start < unsynced.length; start += syncWidth)
    await syncPaths(unsynced.slice(start, start + syncWidth));
}

async function namesUnder(path: string): Promise<string[]> {
  return (await lstat(path)).isDirectory() ? readdir(path, { recursive: true }) : [];
}
