import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, FileRefusal } from '../file-error.ts';
import { enterDirectory, type HeldDirectory } from './hold-directory.ts';

export interface DirectoryAttributes {
  mode: number;
  uid: number;
  gid: number;
}

/** A directory that was made or put right. */
export interface EnsuredDirectory {
  directory: HeldDirectory;
  /** What is to be synced; empty where nothing was changed. */
  unsynced: string[];
}

/**
 * Makes a directory in a held one, or puts the mode and owner of one that is there right, and holds it. Both are changed
 * where it is held: at its path something else could stand by then.
 * @throws FileRefusal when something else stands there; errno errors as they are
 */
export async function ensureDirectory(
  parent: HeldDirectory,
  name: string,
  { mode, uid, gid }: DirectoryAttributes,
): Promise<EnsuredDirectory> {
  // Closed to others until its owner and mode are as wanted; another process may have been faster.
  const made = await mkdir(join(parent.path, name), { mode: 0o700 }).then(
    () => [parent.path],
    (error: unknown) => {
      if (errnoOf(error) === 'EEXIST') return [];
      throw error;
    },
  );
  const directory = await enterDirectory(parent, name).catch((error: unknown) => {
    if (!['ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw error;
    throw new FileRefusal('it is there, but is not a directory', 'look at it and move it aside');
  });
  const status = await lstat(directory.path);
  if ((status.mode & 0o7777) === mode && status.uid === uid && status.gid === gid)
    return { directory, unsynced: made };
  await chown(directory.path, uid, gid);
  await chmod(directory.path, mode);
  return { directory, unsynced: [...made, directory.path] };
}
