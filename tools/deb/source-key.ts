import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../lib/hash-of.ts';

/** The root of the repository. */
export const repository = join(import.meta.dirname, '../..');

const skipped = new Set(['node_modules', 'dist', 'test', 'README.md']);

/**
 * A key of the files below some folders or of single files, by path and content. What does not end in a package
 * (tests, READMEs, what a build made) is left out.
 *
 * @param paths - Relative to the repository.
 * @param more - Whatever else decides what is built.
 */
export async function sourceKey(paths: readonly string[], more: readonly string[] = []): Promise<string> {
  const files = (await Promise.all(paths.map(filesBelow))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(join(repository, file))));
  return hashOf([...files.flatMap((file, index) => [file, contents[index] ?? '']), ...more]);
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(join(repository, path), { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  const kept = entries.filter((entry) => !skipped.has(entry.name) && (entry.isFile() || entry.isDirectory()));
  return (await Promise.all(kept.map((entry) => filesBelow(join(path, entry.name))))).flat();
}
