import { lstat } from 'node:fs/promises';
import { inFile, unlessMissing } from '../file-error.ts';
import { moveTree } from './move-tree.ts';

/**
 * Moves a file or directory beside itself, never over another, and gives the new path. Of a mount point the contents are
 * moved, out of the mount; the directory stays, empty. @throws NecoError FILE_FAILED
 */
export async function moveAside(path: string): Promise<string> {
  return inFile('move aside', path, async () => {
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
    const target = await freeName(`${path}.aside-${stamp}`);
    await moveTree(path, target);
    return target;
  });
}

async function freeName(base: string, count = 0): Promise<string> {
  const name = count === 0 ? base : `${base}-${String(count)}`;
  return (await unlessMissing(lstat(name))) === undefined ? name : freeName(base, count + 1);
}
