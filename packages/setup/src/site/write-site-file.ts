import { dirname } from 'node:path';
import { openHost } from '@neco/host-installer';

/**
 * Writes a file that everybody may read, unless one that is there says otherwise, whole or not at all, and makes the directory where there is none.
 * @throws NecoError FILE_FAILED
 */
export async function writeSiteFile(path: string, text: string): Promise<void> {
  const host = openHost();
  const directory = dirname(path);
  // One that is there keeps its mode, whatever that is.
  if ((await host.stat(directory)) === undefined) await host.makeDirectory(directory, { mode: 0o755 });
  await host.writeFile(path, text, { mode: 0o644, keep: true });
}
