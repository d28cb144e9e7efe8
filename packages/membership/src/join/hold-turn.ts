import type { LockedTurn, Registry } from '@neco/bootserver-registry';
import { type OperationLockOptions, withOperationLock } from '@neco/cluster-access';

/** The one lock of commands that change the cluster, held until it is given back. */
export interface HeldTurn extends LockedTurn {
  release(): Promise<void>;
}

/**
 * Takes the lock for several phases of one operation.
 * @throws NecoError CANCELLED, ETCD_*
 */
export async function holdTurn(registry: Registry, options: OperationLockOptions): Promise<HeldTurn> {
  const taken = Promise.withResolvers<LockedTurn>();
  const given = Promise.withResolvers<undefined>();
  const work = withOperationLock(registry, options, async (turn) => {
    taken.resolve(turn);
    await given.promise;
  });
  work.catch(taken.reject);
  const turn = await taken.promise;
  return {
    ...turn,
    async release() {
      given.resolve(undefined);
      await work.catch(() => undefined);
    },
  };
}
