import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../file-error.ts';
import { enterDirectory, type HeldDirectory } from './hold-directory.ts';

/**
 * Deletes a file, a link, or a directory with all that lies in it. Not by `rm` of Node, which goes by paths: who can write
 * to the directory could put a link to another in place of one that is being emptied.
 */
export async function removeEntry(directory: HeldDirectory, name: string): Promise<void> {
  const entry = join(directory.path, name);
  const status = await unlessMissing(lstat(entry));
  if (status === undefined) return;
  if (status.isDirectory()) await removeDirectory(directory, name);
  else await unlessMissing(unlink(entry));
}

async function removeDirectory(parent: HeldDirectory, name: string): Promise<void> {
  await using inner = await enterDirectory(parent, name);
  for (const child of await readdir(inner.path)) await removeEntry(inner, child);
  await rmdir(join(parent.path, name));
}
