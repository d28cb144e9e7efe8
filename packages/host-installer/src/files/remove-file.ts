import { unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { inFile, unlessMissing } from './file-error.ts';
import { withEntry } from './held/with-entry.ts';
import { removeScratch } from './scratch-name.ts';
import { syncPaths } from './sync-paths.ts';

/**
 * Removes a file or symbolic link for good, and what processes that were killed as they wrote it have left.
 * @returns whether the file was there
 * @throws NecoError FILE_FAILED
 */
export async function removeFile(path: string): Promise<boolean> {
  return inFile('remove', path, async () => {
    const removed = await unlessMissing(
      withEntry(path, async (entry, directory) => {
        await removeScratch(directory, basename(path));
        const wasThere = (await unlessMissing(unlink(entry).then(() => true))) ?? false;
        if (wasThere) await syncPaths([directory.path]);
        return wasThere;
      }),
    );
    return removed ?? false;
  });
}
