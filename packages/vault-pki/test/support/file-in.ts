import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a file for a stock client and gives its path. */
export async function fileIn(directory: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}
