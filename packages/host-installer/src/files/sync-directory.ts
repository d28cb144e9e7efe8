import { open } from 'node:fs/promises';

/** Has a directory's entries on the disk: a rename survives a power cut only after that, see fsync(2). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
