import { hostLayout } from '@neco/cluster-access';
import { lockHost, type HostLock, reportedWait } from '@neco/host-installer';
import type { ApplicationOptions } from './application-options.ts';

/**
 * Has this command wait until no other changes this server, and report which one it waits for.
 * @throws NecoError CANCELLED, FILE_FAILED
 */
export function lockThisHost(
  what: string,
  { layout = hostLayout, reporter, signal }: ApplicationOptions,
): Promise<HostLock> {
  return lockHost('operation', {
    what,
    directory: layout.locks,
    wait: reportedWait(reporter, signal),
  });
}
