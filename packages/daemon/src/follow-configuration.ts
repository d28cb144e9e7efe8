import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf, toNecoError, type Reporter } from '@neco/core';
import { readDaemonConfiguration, type DaemonConfiguration } from './daemon-configuration.ts';

/**
 * Keeps a daemon's list of etcd endpoints as its file says, in place, until the signal fires: neco-worker rewrites the
 * file when boot servers come and go, and an admin may. A file that cannot be read changes nothing.
 * @param path was read to `configuration`.
 */
export function followConfiguration(
  path: string,
  configuration: DaemonConfiguration,
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): void {
  let reading = Promise.resolve();
  const look = (): void => {
    reading = reading.then(() => takeEndpoints(path, configuration, reporter));
  };
  const unseen = (cause: unknown): void => {
    reporter.warn(`cannot watch ${path}; restart to apply changes: ${messageOf(cause)}`);
  };
  try {
    // The folder, because whoever changes the file puts another of its name in its place.
    watch(dirname(path), { signal, persistent: false }, (_, name) => {
      if (name === basename(path)) look();
    }).on('error', unseen);
  } catch (error) {
    unseen(error);
  }
  // It may have been changed between the first look and the watch.
  look();
}

async function takeEndpoints(
  path: string,
  configuration: DaemonConfiguration,
  reporter: Reporter,
): Promise<void> {
  try {
    const { endpoints } = (await readDaemonConfiguration(path)).etcd;
    const there = configuration.etcd.endpoints;
    if (endpoints.join() === there.join()) return;
    there.splice(0, Infinity, ...endpoints);
    reporter.info(`using the etcd endpoints ${endpoints.join(', ')} from ${path}`);
  } catch (thrown) {
    const { message, hint } = toNecoError(thrown);
    reporter.warn(`${message}${hint === undefined ? '' : ` (${hint})`}; keeping the previous settings`);
  }
}
