import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncPaths } from '../files/sync-paths.ts';

/**
 * Has the links by which systemd starts units at boot on the disk, which systemctl itself does not see to, see
 * systemd.unit(5): a service that was enabled comes back after a power cut.
 */
export async function syncUnitLinks(place = '/etc/systemd/system'): Promise<void> {
  const folders = (await readdir(place)).filter((name) => /\.(wants|requires)$/.test(name));
  await syncPaths(['', ...folders].map((folder) => join(place, folder)));
}
