import type { Registry } from '@neco/bootserver-registry';
import { type OperationLockOptions, withOperationLock } from '@neco/cluster-access';

/** The one lock of commands that change the cluster, held until it is given back. */
export interface HeldTurn {
  /** Fires when the lock is lost. */
  signal: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lock for several phases of one operation.
 * @throws NecoError CANCELLED, ETCD_*
 */
export async function holdTurn(registry: Registry, options: OperationLockOptions): Promise<HeldTurn> {
  const taken = Promise.withResolvers<AbortSignal>();
  const given = Promise.withResolvers<undefined>();
  const work = withOperationLock(registry, options, async (signal) => {
    taken.resolve(signal);
    await given.promise;
  });
  work.catch(taken.reject);
  const signal = await taken.promise;
  return {
    signal,
    async release() {
      given.resolve(undefined);
      await work.catch(() => undefined);
    },
  };
}
