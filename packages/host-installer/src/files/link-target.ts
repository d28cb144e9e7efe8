import { readlink } from 'node:fs/promises';
import { errnoOf, inFile, unlessMissing } from './file-error.ts';

/** Where a symbolic link leads, as it says it; undefined where there is no link. @throws NecoError FILE_FAILED */
export async function linkTarget(path: string): Promise<string | undefined> {
  return inFile('read the link', path, async () => {
    try {
      return await unlessMissing(readlink(path));
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return undefined;
      throw error;
    }
  });
}
