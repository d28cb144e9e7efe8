import type { LockedTurn, Registry } from '@neco/bootserver-registry';

/** How long one server waits for its turn: each of the others may take some seconds, in ms. */
const limit = 90_000;

/**
 * Runs a restart of this server's etcd while no other boot server restarts its own: two at once could be the quorum.
 * @param server who restarts, for those that wait.
 * @throws NecoError BUSY, ETCD_*, and what `restart` throws
 */
export async function restartInTurn(
  registry: Registry,
  server: string,
  restart: () => Promise<void>,
): Promise<void> {
  const inTurn = async ({ lock }: LockedTurn): Promise<void> => {
    lock.check();
    await restart();
  };
  await registry.withLock('etcd-restart', inTurn, { holder: server, timeout: limit });
}
