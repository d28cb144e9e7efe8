import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NecoError } from '@neco/core';
import { resolveOwner } from '../accounts.ts';
import type { FileAttributes } from '../host-writer.ts';
import { errnoOf, inFile, unlessMissing } from './file-error.ts';
import { syncPaths } from './sync-paths.ts';

/**
 * Makes a directory, and what it lies in with mode 0755, or puts the mode and owner of one that is there right. Not by
 * `ensureDir` of fs-extra, which does not say what it made: each new entry has to be synced.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED
 */
export async function makeDirectory(path: string, attributes: FileAttributes): Promise<boolean> {
  const unsynced = await makeDirectoryUnsynced(path, attributes);
  await syncPaths(unsynced);
  return unsynced.length > 0;
}

/** As `makeDirectory`, but nothing of it is on the disk yet. @returns what is to be synced, none where nothing was changed */
export async function makeDirectoryUnsynced(path: string, attributes: FileAttributes): Promise<string[]> {
  return inFile('make the directory', path, async () => {
    const { uid, gid } = await resolveOwner(attributes.owner, attributes.group);
    const made = await makeIfMissing(path);
    const status = await lstat(path);
    if (!status.isDirectory()) {
      throw new NecoError('FILE_FAILED', `${path} is there, but is not a directory`, {
        hint: 'look at it and move it aside',
      });
    }
    const right = (status.mode & 0o7777) === attributes.mode && status.uid === uid && status.gid === gid;
    if (!right) {
      await chown(path, uid, gid);
      await chmod(path, attributes.mode);
    }
    return right ? made : [...made, path];
  });
}

/** @returns the directories that have a new entry */
async function makeIfMissing(path: string): Promise<string[]> {
  if ((await unlessMissing(lstat(path))) !== undefined) return [];
  const parent = dirname(path);
  // A parent is for everybody to pass, whatever the umask of this process.
  const above = path === parent ? [] : await makeIfMissing(parent);
  if (above.length > 0) await chmod(parent, 0o755);
  // Closed to others until its owner and mode are as wanted; another process may have been faster.
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  return [...above, parent];
}
