import { lstat, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { resolveOwner } from '../accounts.ts';
import type { FileAttributes, FileContent } from '../host-writer.ts';
import { inFile, unlessMissing } from './file-error.ts';
import { removeScratch, scratchName } from './scratch-name.ts';
import { syncPaths } from './sync-paths.ts';
import { writeNewFile, type NewFile } from './write-new-file.ts';

/** As `writeFiles`, of one. @throws NecoError FILE_FAILED */
export async function writeFile(
  path: string,
  content: string | Buffer,
  attributes: FileAttributes,
): Promise<boolean> {
  return writeFiles([{ path, content, ...attributes }]);
}

/**
 * Writes files, each whole or not at all: under another name, synced, renamed, directory synced. One that already is as
 * wanted keeps its inode and times. A symbolic link is replaced, not followed.
 * @returns whether any was changed
 * @throws NecoError FILE_FAILED
 */
export async function writeFiles(files: readonly FileContent[]): Promise<boolean> {
  const settled = await Promise.allSettled(files.map(prepare));
  const prepared = settled.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
  try {
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
    await syncPaths(prepared.map(({ scratch }) => scratch));
    await Promise.all(
      prepared.map(({ scratch, path }) => inFile('write', path, () => rename(scratch, path))),
    );
  } catch (error) {
    await Promise.all(prepared.map(({ scratch }) => rm(scratch, { force: true })));
    throw error;
  }
  // Also where nothing changed: whoever renamed it may have been killed before it got this far.
  await syncPaths(files.map(({ path }) => dirname(path)));
  return prepared.length > 0;
}

/** Writes a file under another name; undefined where it already is as wanted. */
async function prepare({
  path,
  content,
  mode,
  owner,
  group,
}: FileContent): Promise<{ path: string; scratch: string } | undefined> {
  return inFile('write', path, async () => {
    const wanted = { path, content, mode, ...(await resolveOwner(owner, group)) };
    await removeScratch(path);
    if (await isAlready(wanted)) return undefined;
    const scratch = scratchName(path);
    try {
      await writeNewFile({ ...wanted, path: scratch });
    } catch (error) {
      await rm(scratch, { force: true });
      throw error;
    }
    return { path, scratch };
  });
}

/** Whether a file is there with this very content, mode and owner. */
export async function isAlready({ path, content, mode, uid, gid }: NewFile): Promise<boolean> {
  const status = await unlessMissing(lstat(path));
  if (!status?.isFile()) return false;
  if ((status.mode & 0o7777) !== mode || status.uid !== uid || status.gid !== gid) return false;
  return (await readFile(path)).equals(Buffer.from(content));
}
