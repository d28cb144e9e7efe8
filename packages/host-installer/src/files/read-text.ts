import { readBytes } from './read-bytes.ts';

/** The text of a file, undefined when there is none. @throws NecoError FILE_FAILED */
export async function readText(path: string): Promise<string | undefined> {
  return (await readBytes(path))?.toString('utf8');
}
