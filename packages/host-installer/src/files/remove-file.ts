import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inFile, unlessMissing } from './file-error.ts';
import { removeScratch } from './scratch-name.ts';
import { syncPaths } from './sync-paths.ts';

/**
 * Removes a file or symbolic link for good, and what processes that were killed as they wrote it have left.
 * @returns whether the file was there
 * @throws NecoError FILE_FAILED
 */
export async function removeFile(path: string): Promise<boolean> {
  return inFile('remove', path, async () => {
    await unlessMissing(removeScratch(path));
    const removed = (await unlessMissing(unlink(path).then(() => true))) ?? false;
    if (removed) await syncPaths([dirname(path)]);
    return removed;
  });
}
