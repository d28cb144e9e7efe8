import { readFile } from 'node:fs/promises';
import { inFile, unlessMissing } from './file-error.ts';

/** The bytes of a file, undefined when there is none. @throws NecoError FILE_FAILED */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  return inFile('read', path, () => unlessMissing(readFile(path)));
}
