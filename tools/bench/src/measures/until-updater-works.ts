import { waitFor } from '@neco/core';
import type { Server } from '../../../dctest/src/server/server.ts';

/** The servers are used again and again: what an earlier start said does not count. */
const logOfThisStart =
  'journalctl --quiet --output=cat _SYSTEMD_INVOCATION_ID="$(systemctl show --property=InvocationID --value neco-updater)"';

/** Waits until neco-updater has said the first thing that it says when all is well. @throws NecoError TIMEOUT, CANCELLED */
export async function untilUpdaterWorks(server: Server, signal: AbortSignal): Promise<void> {
  await waitFor(
    async () => {
      const log = await server.run(['sh', '-c', logOfThisStart]);
      return log.includes('is unsealed')
        ? { done: true, value: true }
        : { done: false, seen: log.trim().split('\n').at(-1) ?? '' };
    },
    { what: `neco-updater of boot-${server.which} to have looked at Vault`, timeout: 30_000, signal },
  );
}
