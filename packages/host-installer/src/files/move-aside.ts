import { lstat, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inFile, unlessMissing } from './file-error.ts';
import { syncPaths } from './sync-paths.ts';

/** Renames a file or directory beside itself, never over another, and gives the new path. @throws NecoError FILE_FAILED */
export async function moveAside(path: string): Promise<string> {
  return inFile('move aside', path, async () => {
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
    const target = await freeName(`${path}.aside-${stamp}`);
    await rename(path, target);
    await syncPaths([dirname(path)]);
    return target;
  });
}

async function freeName(base: string, count = 0): Promise<string> {
  const name = count === 0 ? base : `${base}-${String(count)}`;
  return (await unlessMissing(lstat(name))) === undefined ? name : freeName(base, count + 1);
}
