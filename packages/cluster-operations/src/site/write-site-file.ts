import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, NecoError } from '@neco/core';

/**
 * Writes a world-readable file whole or not at all.
 * @throws NecoError FILE_FAILED
 */
export async function writeSiteFile(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = await open(part, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.chmod(0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw new NecoError('FILE_FAILED', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
