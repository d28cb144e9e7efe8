import { inFile, unlessMissing } from './file-error.ts';
import { readEntry } from './held/read-entry.ts';
import { withEntry } from './held/with-entry.ts';

/** The bytes of a file, undefined when there is none. @throws NecoError FILE_FAILED */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  return inFile('read', path, () => unlessMissing(withEntry(path, readEntry)));
}
