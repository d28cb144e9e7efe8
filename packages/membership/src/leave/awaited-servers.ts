import type { Registry } from '@neco/bootserver-registry';
import { serverName } from '@neco/core';
import { leaveRecords } from './leave-plan.ts';

/** A leave for which nothing is left to do but on servers that did not answer. */
export interface AwaitedLeave {
  /** LRN of the server that left. */
  lrn: number;
  /** LRNs of those that have not done their part. */
  awaited: readonly number[];
}

/** The leaves that are under way, by the ids of their records, as in `leave/2/plan` and `leave/2/awaits/1`. */
export function unfinishedLeaves(ids: readonly string[]): AwaitedLeave[] {
  return lrnsOf(ids, /^leave\/([0-9]+)\/plan$/).map((lrn) => ({
    lrn,
    awaited: lrnsOf(ids, new RegExp(`^leave/${String(lrn)}/awaits/([0-9]+)$`)),
  }));
}

/** LRNs of the servers for which a leave waits. @throws NecoError ETCD_* */
export async function readAwaited(registry: Registry, lrn: number): Promise<number[]> {
  const ids = [...(await registry.operations(leaveRecords.folder(lrn))).keys()];
  return unfinishedLeaves(ids).flatMap(({ awaited }) => awaited);
}

/**
 * A server has done its part of a leave that waits for it, or is a boot server no more. The last one ends the leave.
 * @param by its LRN
 * @throws NecoError ETCD_*
 */
export async function awaitNoMore(registry: Registry, lrn: number, by: number): Promise<void> {
  // A leave that was begun anew meanwhile waits for nobody yet, and is not this one's to end.
  if (!(await registry.deleteOperation(leaveRecords.awaited(lrn, by)))) return;
  if ((await readAwaited(registry, lrn)).length === 0)
    await registry.deleteOperations(leaveRecords.folder(lrn));
}

/** What is left of such a leave, as a sentence and what ends it. */
export function awaitedAdvice({ lrn, awaited }: AwaitedLeave): { message: string; hint: string } {
  const name = serverName(lrn);
  const names = awaited.map(serverName).join(', ');
  const gone = awaited.map((one) => `neco leave ${String(one)}`).join(', ');
  return {
    message: `${name} has left, but ${names} did not answer: that it is refused there is not proved`,
    hint: `bring ${names} back, where neco-updater or neco-worker does what is left, and the leave ends by itself (or then run again: neco leave ${String(lrn)}); what is gone for good leaves as well, on another boot server: ${gone}`,
  };
}

function lrnsOf(ids: readonly string[], pattern: RegExp): number[] {
  return ids.flatMap((id) => {
    const lrn = pattern.exec(id)?.[1];
    return lrn === undefined ? [] : [Number(lrn)];
  });
}
