import type { Reporter } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { clearPlace, renewDataDirectory } from './clear-place.ts';
import { oldPlaces } from './old-places.ts';

const units = ['neco-worker.service', 'neco-updater.service', 'vault.service', 'etcd.service'];

/** Renames what an earlier life of this server left; deletes nothing but links to what was renamed. */
export async function putOldDataAside(host: HostWriter, reporter: Reporter): Promise<void> {
  for (const unit of units) {
    const { active, load } = await host.unit(unit);
    if (load === 'loaded' && !['inactive', 'failed'].includes(active)) await host.stopUnit(unit);
  }
  for (const place of await oldPlaces(host)) await clearPlace(host, place, { how: 'put aside', reporter });
  // A new disk belongs to root, and there is nothing on it to put aside.
  await renewDataDirectory(host);
}
