import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inFile } from '../file-error.ts';
import { syncPaths } from '../sync-paths.ts';

/** Deletes a file, a symbolic link, or a directory with all that lies in it; links are not followed. @throws NecoError FILE_FAILED */
export async function removeTree(path: string): Promise<void> {
  await inFile('delete', path, async () => {
    await rm(path, { recursive: true, force: true });
    await syncPaths([dirname(path)]);
  });
}
