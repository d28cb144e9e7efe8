import { basename, dirname, resolve } from 'node:path';
import { resolveOwner } from '../accounts.ts';
import type { FileAttributes } from '../host-writer.ts';
import { inFile, unlessMissing } from './file-error.ts';
import { ensureDirectory, type DirectoryAttributes } from './held/ensure-directory.ts';
import { holdDirectory, type HeldDirectory } from './held/hold-directory.ts';
import { syncPaths } from './sync-paths.ts';

/** The directories that are held until all are synced, and which those are. */
interface Making {
  held: AsyncDisposableStack;
  unsynced: string[];
}

/**
 * Makes a directory, and what it lies in with mode 0755, or puts the mode and owner of one that is there right. Not by
 * `ensureDir` of fs-extra, which does not say what it made: each new entry has to be synced.
 * @returns whether anything was changed
 * @throws NecoError FILE_FAILED
 */
export async function makeDirectory(path: string, attributes: FileAttributes): Promise<boolean> {
  return inFile('make the directory', path, async () => {
    const { mode, owner, group } = attributes;
    await using held = new AsyncDisposableStack();
    const making = { held, unsynced: [] };
    await make(resolve(path), { mode, ...(await resolveOwner(owner, group)) }, making);
    await syncPaths(making.unsynced);
    return making.unsynced.length > 0;
  });
}

async function make(path: string, attributes: DirectoryAttributes, making: Making): Promise<HeldDirectory> {
  const parent = await holdOrMake(dirname(path), making);
  const { directory, unsynced } = await ensureDirectory(parent, basename(path), attributes);
  making.unsynced.push(...unsynced);
  return making.held.use(directory);
}

async function holdOrMake(path: string, making: Making): Promise<HeldDirectory> {
  const there = await unlessMissing(holdDirectory(path));
  if (there !== undefined) return making.held.use(there);
  // A parent is for everybody to pass, whatever the umask of this process.
  return await make(path, { mode: 0o755, ...(await resolveOwner(undefined, undefined)) }, making);
}
