import { basename } from 'node:path';
import { inFile, unlessMissing } from '../file-error.ts';
import { removeEntry } from '../held/remove-entry.ts';
import { withEntry } from '../held/with-entry.ts';
import { syncPaths } from '../sync-paths.ts';

/** Deletes a file, a symbolic link, or a directory with all that lies in it; links are not followed. @throws NecoError FILE_FAILED */
export async function removeTree(path: string): Promise<void> {
  await inFile('delete', path, () =>
    unlessMissing(
      withEntry(path, async (_entry, directory) => {
        await removeEntry(directory, basename(path));
        await syncPaths([directory.path]);
      }),
    ),
  );
}
