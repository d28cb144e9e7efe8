import { basename, dirname, join, resolve } from 'node:path';
import { holdDirectory, type HeldDirectory } from './hold-directory.ts';

/** Runs work on an entry of a directory that is held meanwhile. @param entry a path by which it is reached */
export async function withEntry<T>(
  path: string,
  work: (entry: string, directory: HeldDirectory) => Promise<T>,
): Promise<T> {
  const full = resolve(path);
  await using directory = await holdDirectory(dirname(full));
  return await work(join(directory.path, basename(full)), directory);
}
