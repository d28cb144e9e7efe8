import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { inFile } from './file-error.ts';

/**
 * Has files and the entries of directories on the disk, each once and side by side, for which the disk writes its journal
 * once rather than once for each: a rename survives a power cut only after its directory is synced, see fsync(2). An error
 * of writing that nobody has seen yet is reported to whoever opens the file afterwards (Linux 4.17 and later).
 * @throws NecoError FILE_FAILED
 */
export async function syncPaths(paths: Iterable<string>): Promise<void> {
  await Promise.all([...new Set(paths)].map((path) => inFile('sync', path, () => sync(path))));
}

async function sync(path: string): Promise<void> {
  // Whoever can write to the directory may have put a FIFO there by now, which would keep this waiting.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  await file.sync();
}
