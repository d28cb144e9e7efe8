import { sleep } from '@neco/core';
import type { SetupContext } from '../setup-context.ts';

/** How long a wait for etcd takes at most where all goes well, in ms. */
const whileAllGoesWell = 2000;

/**
 * Does what needs nothing of the coordinator, and asks it meanwhile how far it is. A coordinator that is started again waits
 * until it has seen all others, and this one may be waiting for just that coordinator; and one that fails says so.
 * @throws NecoError of a coordinator that failed; and what `work` throws
 */
export async function stayInSight<T>(
  { isCoordinator, meeting, signal: stop }: SetupContext,
  phase: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (isCoordinator || meeting === undefined) return await work(stop);
  const over = new AbortController();
  const failed = new AbortController();
  const asking = AbortSignal.any([stop, over.signal]);
  const ask = async (): Promise<void> => {
    await sleep(whileAllGoesWell, asking);
    if (!asking.aborted) await meeting.coordinatorPassed(phase, asking);
  };
  void ask().catch((error: unknown) => {
    if (!asking.aborted) failed.abort(error);
  });
  try {
    return await work(AbortSignal.any([stop, failed.signal]));
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    over.abort();
  }
}
