import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSystem } from '../host-reader.ts';
import { inFile, unlessMissing } from './file-error.ts';

/** The file system of a path, or of its nearest parent that exists. See statvfs(3). @throws NecoError FILE_FAILED */
export async function fileSystemAt(path: string): Promise<FileSystem> {
  return inFile('look at the file system of', path, async () => {
    const found = await unlessMissing(stat(path));
    if (found === undefined) return fileSystemAt(dirname(path));
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return {
      mountPoint: await mountPointOf(path, found.dev),
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      ...(files === 0 ? {} : { freeInodes: ffree, totalInodes: files }),
    };
  });
}

/** The topmost directory on the same device. */
async function mountPointOf(path: string, device: number): Promise<string> {
  const parent = dirname(path);
  if (parent === path || (await stat(parent)).dev !== device) return path;
  return mountPointOf(parent, device);
}
