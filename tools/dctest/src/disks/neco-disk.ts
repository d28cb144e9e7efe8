import { join } from 'node:path';
import { serverName } from '@neco/core';
import { sourceKey } from '../../../deb/source-key.ts';
import { cachedDisks, type DiskSource } from './cached-disks.ts';

/**
 * The cached disk of a boot server on which neco was installed by apt, to lie over the base image. What is of one server
 * alone, such as its name, is still to be written over it.
 * @param below the directories that it was made from: their paths have their keys.
 * @param bringUp brings up this one server, with neco.
 */
export async function necoDisk(
  below: readonly string[],
  bringUp: (lrn: number) => Promise<DiskSource>,
  say: (line: string) => void,
): Promise<string> {
  const lrn = 0;
  const disks = await cachedDisks({
    kind: 'neco-disk',
    key: await sourceKey(['tools/dctest/src'], below),
    title: 'disk with neco installed',
    estimate: 'about 10 seconds',
    say,
    bringUp: () => bringUp(lrn),
    // Neither packages that are installed nor a journal of another server belongs on a new disk.
    prepare: async (servers) => {
      for (const server of servers)
        await server.run(['sh', '-c', 'apt-get clean; rm -rf /var/log/journal/*']);
    },
  });
  return join(disks, serverName(lrn));
}
