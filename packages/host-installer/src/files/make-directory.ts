import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NecoError } from '@neco/core';
import { resolveOwner } from '../accounts.ts';
import type { FileAttributes } from '../host-writer.ts';
import { errnoOf, inFile, unlessMissing } from './file-error.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * Makes a directory, and what it lies in with mode 0755, or puts the mode and owner of one that is there right.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED
 */
export async function makeDirectory(path: string, attributes: FileAttributes): Promise<boolean> {
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
      await syncDirectory(path);
    }
    return made || !right;
  });
}

async function makeIfMissing(path: string): Promise<boolean> {
  if ((await unlessMissing(lstat(path))) !== undefined) return false;
  const parent = dirname(path);
  // A parent is for everybody to pass, whatever the umask of this process.
  if (path !== parent && (await makeIfMissing(parent))) await chmod(parent, 0o755);
  // Closed to others until its owner and mode are as wanted; another process may have been faster.
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  await syncDirectory(parent);
  return true;
}
