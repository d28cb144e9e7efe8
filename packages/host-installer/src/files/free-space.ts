import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inFile, unlessMissing } from './file-error.ts';

/** Bytes that an unprivileged process may still write at a path, or at its nearest parent that exists. */
export async function freeSpace(path: string): Promise<number> {
  return inFile('look at', path, async () => {
    const status = await unlessMissing(statfs(path));
    return status === undefined ? freeSpace(dirname(path)) : status.bavail * status.bsize;
  });
}
