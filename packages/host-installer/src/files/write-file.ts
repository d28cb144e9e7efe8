import { lstat, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { resolveOwner } from '../accounts.ts';
import type { FileAttributes } from '../host-writer.ts';
import { inFile, unlessMissing } from './file-error.ts';
import { removeScratch, scratchName } from './scratch-name.ts';
import { syncDirectory } from './sync-directory.ts';
import { writeNewFile, type NewFile } from './write-new-file.ts';

/**
 * Writes a file whole or not at all: under another name, synced, renamed, directory synced. A file that already is as
 * wanted keeps its inode and times. A symbolic link is replaced, not followed.
 * @returns whether the file was changed
 * @throws NecoError FILE_FAILED
 */
export async function writeFile(
  path: string,
  content: string | Buffer,
  attributes: FileAttributes,
): Promise<boolean> {
  return inFile('write', path, async () => {
    const { uid, gid } = await resolveOwner(attributes.owner, attributes.group);
    const wanted = { path, content, mode: attributes.mode, uid, gid };
    const changed = !(await isAlready(wanted));
    if (changed) await replace(wanted);
    // Also when nothing changed: whoever renamed it may have been killed before it got this far.
    await syncDirectory(dirname(path));
    return changed;
  });
}

/** Whether a file is there with this very content, mode and owner. */
export async function isAlready({ path, content, mode, uid, gid }: NewFile): Promise<boolean> {
  const status = await unlessMissing(lstat(path));
  if (!status?.isFile()) return false;
  if ((status.mode & 0o7777) !== mode || status.uid !== uid || status.gid !== gid) return false;
  return (await readFile(path)).equals(Buffer.from(content));
}

async function replace(file: NewFile): Promise<void> {
  await removeScratch(file.path);
  const scratch = scratchName(file.path);
  try {
    await writeNewFile({ ...file, path: scratch });
    await rename(scratch, file.path);
  } catch (error) {
    await rm(scratch, { force: true });
    throw error;
  }
}
