import { lstat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { inFile, unlessMissing } from '../file-error.ts';
import { withEntry } from '../held/with-entry.ts';
import type { HeldDirectory } from '../held/hold-directory.ts';
import { moveTree } from './move-tree.ts';

/**
 * Moves a file or directory beside itself, never over another, and gives the new path. Of a mount point the contents are
 * moved, out of the mount; the directory stays, empty. @throws NecoError FILE_FAILED
 */
export async function moveAside(path: string): Promise<string> {
  return inFile('move aside', path, () =>
    withEntry(path, async (entry, directory) => {
      const stamp = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
      const name = basename(entry);
      const target = await freeName(directory, `${name}.aside-${stamp}`);
      await moveTree(directory, name, target);
      return join(dirname(resolve(path)), target);
    }),
  );
}

async function freeName(directory: HeldDirectory, base: string, count = 0): Promise<string> {
  const name = count === 0 ? base : `${base}-${String(count)}`;
  const status = await unlessMissing(lstat(join(directory.path, name)));
  return status === undefined ? name : freeName(directory, base, count + 1);
}
