import { sleep } from '@neco/core';
import { ownSerials } from '@neco/cluster-access';
import type { WorkerContext, WorkerDuty } from '@neco/daemon';

/** How often the files are looked at, in ms; a certificate is replaced once in weeks. */
const interval = 30_000;

/**
 * The serial numbers of this server's certificates get into its registration when one was replaced by hand, so that
 * leave can revoke it. None is taken out: who replaced it does not revoke the old one, which may still be in use.
 */
export const keepSerialsRegistered: WorkerDuty = {
  name: 'keep-serials-registered',
  async run(context, signal) {
    let registered = '';
    while (!isAborted(signal)) {
      const serials = await ownSerials(context.host);
      const isNew = serials.join() !== registered;
      if (isNew && (await register(context, serials))) registered = serials.join();
      await sleep(interval, signal);
    }
  },
};

/** @returns whether all of them are there now; false when this server is not registered. */
async function register(context: WorkerContext, serials: readonly string[]): Promise<boolean> {
  const { lrn, name } = await context.self();
  using connection = await context.connect();
  const server = await connection.registry.bootServers.at(lrn).get();
  if (server === undefined) return false;
  const added = serials.filter((serial) => !server.serials.includes(serial));
  if (added.length === 0) return true;
  await connection.registry.bootServers.at(lrn).update((now) => ({
    ...now,
    serials: [...new Set([...now.serials, ...added])],
  }));
  context.reporter.info(
    `registered the certificate ${added.join(', ')} of ${name}, so that neco leave can revoke it`,
  );
  return true;
}

/** The signal can fire during any `await`; a function hides that from the compiler's narrowing. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
