import {
  unfinishedLeaves,
  type Registry,
  type RegistryReader,
  type UnfinishedLeave,
} from '@neco/bootserver-registry';
import { serverName } from '@neco/core';

/** LRNs of the servers for which a leave waits. @throws NecoError ETCD_* */
export async function readAwaited(registry: Pick<RegistryReader, 'leaves'>, lrn: number): Promise<number[]> {
  const leaves = unfinishedLeaves(await registry.leaves.of(lrn).read());
  return leaves.flatMap(({ awaited }) => awaited);
}

/**
 * A server has done its part of a leave that waits for it, or is a boot server no more. The last one ends the leave.
 * @param by its LRN
 * @throws NecoError ETCD_*
 */
export async function awaitNoMore(registry: Registry, lrn: number, by: number): Promise<void> {
  // A leave that was started again meanwhile waits for no server yet; this one must not end it.
  if (!(await registry.leaveAwaits.at(lrn, by).delete())) return;
  if ((await readAwaited(registry, lrn)).length === 0) await registry.leaves.of(lrn).delete();
}

/** Stops other leaves from waiting for a server that is no boot server any more. */
export async function awaitedNowhere(registry: Registry, lrn: number): Promise<void> {
  const leaves = unfinishedLeaves(await registry.leaves.read());
  const waiting = leaves.filter(({ awaited }) => awaited.includes(lrn));
  for (const other of waiting) await awaitNoMore(registry, other.lrn, lrn);
}

/** Stops waiting for any server; the part of each is requested again. @throws NecoError ETCD_* */
export async function awaitNobody(registry: Registry, lrn: number): Promise<void> {
  for (const by of await readAwaited(registry, lrn)) await registry.leaveAwaits.at(lrn, by).delete();
}

/** What is left of such a leave, as a sentence and what ends it. */
export function awaitedAdvice({ lrn, awaited }: UnfinishedLeave): { message: string; hint: string } {
  const name = serverName(lrn);
  const names = awaited.map(serverName).join(', ');
  const gone = awaited.map((one) => `neco leave ${String(one)}`).join(', ');
  return {
    message: `${name} has left, but ${names} did not answer: not verified that they reject it`,
    hint: `bring ${names} back: neco-updater or neco-worker then completes the leave (as does neco leave ${String(lrn)}, run again); if they will not come back, remove them too, on another boot server: ${gone}`,
  };
}
