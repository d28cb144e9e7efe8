import { certificateDirectories, ownSerials } from '@neco/cluster-access';
import type { WorkerContext, WorkerDuty } from '@neco/daemon';
import { DirectoryWatch } from '../directory-watch.ts';

/** How long until it looks without a change of the files, in ms; sooner while this server is not registered. */
const pauses = { regular: 60 * 60_000, first: 30_000 } as const;

/**
 * The serial numbers of this server's certificates get into its registration when one was replaced by hand, so that
 * leave can revoke it. None is taken out: who replaced it does not revoke the old one, which may still be in use.
 */
export const keepSerialsRegistered: WorkerDuty = {
  name: 'keep-serials-registered',
  async run(context, signal) {
    let registered = '';
    while (!signal.aborted) {
      using changes = new DirectoryWatch(certificateDirectories());
      const serials = (await ownSerials(context.host)).join();
      if (serials !== registered && (await register(context, serials.split(',')))) registered = serials;
      const isDone = registered === serials && changes.isComplete;
      await changes.next(isDone ? pauses.regular : pauses.first, signal);
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
