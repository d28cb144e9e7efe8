import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inFile, unlessMissing } from './file-error.ts';
import { syncPaths } from './sync-paths.ts';

/** Removes a file or symbolic link for good; gives whether there was one. @throws NecoError FILE_FAILED */
export async function removeFile(path: string): Promise<boolean> {
  return inFile('remove', path, async () => {
    const removed = (await unlessMissing(unlink(path).then(() => true))) ?? false;
    if (removed) await syncPaths([dirname(path)]);
    return removed;
  });
}
