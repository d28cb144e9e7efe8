import { lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { resolveOwner } from '../accounts.ts';
import type { FileContent, WriteAttributes } from '../host-writer.ts';
import { inFile, unlessMissing } from './file-error.ts';
import { holdDirectory, type HeldDirectory } from './held/hold-directory.ts';
import { readEntry } from './held/read-entry.ts';
import { removeScratch, scratchName } from './scratch-name.ts';
import { syncPaths } from './sync-paths.ts';
import { writeNewFile, type NewFile } from './write-new-file.ts';

/** As `writeFiles`, of one. @throws NecoError FILE_FAILED */
export async function writeFile(
  path: string,
  content: string | Buffer,
  attributes: WriteAttributes,
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
  await using held = new AsyncDisposableStack();
  const settled = await Promise.allSettled(files.map((file) => prepare(file, held)));
  const prepared = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const scratches = prepared.flatMap(({ scratch }) => scratch ?? []);
  try {
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
    await syncPaths(scratches);
    await Promise.all(prepared.map(putInPlace));
  } catch (error) {
    await Promise.all(scratches.map((scratch) => rm(scratch, { force: true })));
    throw error;
  }
  // Also where nothing changed: whoever renamed it may have been killed before it got this far.
  await syncPaths(prepared.map(({ directory }) => directory.path));
  return scratches.length > 0;
}

/** A file that is written, but not in place yet. */
interface PreparedFile {
  path: string;
  directory: HeldDirectory;
  /** Undefined where the one in place is as wanted. */
  scratch: string | undefined;
}

async function prepare(file: FileContent, held: AsyncDisposableStack): Promise<PreparedFile> {
  const { content, mode, owner, group, keep = false } = file;
  const path = resolve(file.path);
  return inFile('write', path, async () => {
    const directory = held.use(await holdDirectory(dirname(path)));
    const entry = join(directory.path, basename(path));
    const present = keep ? await attributesOf(entry) : undefined;
    const attributes = present ?? { mode, ...(await resolveOwner(owner, group)) };
    const wanted = { path: entry, content, ...attributes };
    await removeScratch(directory, basename(path));
    if (await isAlready(wanted, directory)) return { path, directory, scratch: undefined };
    const scratch = scratchName(entry);
    try {
      await writeNewFile({ ...wanted, path: scratch });
    } catch (error) {
      await rm(scratch, { force: true });
      throw error;
    }
    return { path, directory, scratch };
  });
}

async function putInPlace({ path, directory, scratch }: PreparedFile): Promise<void> {
  if (scratch === undefined) return;
  await inFile('write', path, () => rename(scratch, join(directory.path, basename(path))));
}

/** Of a file that is there, and is one. */
async function attributesOf(path: string): Promise<Pick<NewFile, 'mode' | 'uid' | 'gid'> | undefined> {
  const status = await unlessMissing(lstat(path));
  if (!status?.isFile()) return undefined;
  return { mode: status.mode & 0o7777, uid: status.uid, gid: status.gid };
}

/** Whether a file is there in a held directory with this very content, mode and owner. */
export async function isAlready(
  { path, content, mode, uid, gid }: NewFile,
  directory: HeldDirectory,
): Promise<boolean> {
  const status = await unlessMissing(lstat(path));
  if (!status?.isFile() || status.nlink !== 1) return false;
  if ((status.mode & 0o7777) !== mode || status.uid !== uid || status.gid !== gid) return false;
  return (await readEntry(path, directory)).equals(Buffer.from(content));
}
