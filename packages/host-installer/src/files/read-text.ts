import { readFile } from 'node:fs/promises';
import { inFile, unlessMissing } from './file-error.ts';

/** The text of a file, undefined when there is none. @throws NecoError FILE_FAILED */
export async function readText(path: string): Promise<string | undefined> {
  return inFile('read', path, () => unlessMissing(readFile(path, 'utf8')));
}
