import { readdir } from 'node:fs/promises';
import { inFile, unlessMissing } from './file-error.ts';
import { holdDirectory } from './held/hold-directory.ts';

/** Names in a directory, sorted; undefined when there is no such directory. @throws NecoError FILE_FAILED */
export async function listDirectory(path: string): Promise<string[] | undefined> {
  return inFile('list', path, async () => (await unlessMissing(namesIn(path)))?.sort());
}

async function namesIn(path: string): Promise<string[]> {
  await using directory = await holdDirectory(path);
  return await readdir(directory.path);
}
