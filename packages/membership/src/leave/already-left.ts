import { unfinishedLeaves, type Registry } from '@neco/bootserver-registry';
import { NecoError, serverName } from '@neco/core';
import type { LeaveResult } from './leave-options.ts';

/**
 * The result of a leave that has nothing to remove.
 * @throws NecoError BOOT_SERVER_UNKNOWN when no such server left lately either; ETCD_*
 */
export async function alreadyLeft(
  registry: Pick<Registry, 'left' | 'compromised' | 'bootServers'>,
  lrn: number,
): Promise<LeaveResult> {
  const left = (await registry.left.at(lrn).get()) ?? (await registry.compromised.at(lrn).get());
  if (left === undefined) throw await unknownServer(registry, lrn);
  return { changed: false, leftAt: left.at };
}

/** Whether the leave of another server waits for this one, which is gone. @throws NecoError ETCD_* */
export async function isAwaited(registry: Pick<Registry, 'leaves'>, lrn: number): Promise<boolean> {
  return unfinishedLeaves(await registry.leaves.read()).some(({ awaited }) => awaited.includes(lrn));
}

/** @throws NecoError ETCD_* */
export async function unknownServer(
  registry: Pick<Registry, 'bootServers'>,
  lrn: number,
): Promise<NecoError> {
  const names = (await registry.bootServers.list()).map(({ name }) => name);
  return new NecoError(
    'BOOT_SERVER_UNKNOWN',
    `${serverName(lrn)} is not registered; the registered servers are ${names.join(', ')}`,
    {
      hint: 'give the LRN of one of them; to list them: neco status',
    },
  );
}
