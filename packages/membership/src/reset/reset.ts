import { dryRunPhases, NecoError, runPhases } from '@neco/core';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import { checkMembership } from './phases/check-membership.ts';
import type { ResetOptions } from './reset-options.ts';
import { allPlaces } from '../old-data/old-places.ts';
import { resetPhases } from './reset-phases.ts';

/**
 * Puts a server that is no member of a cluster any more back to its state before `neco setup` or `neco join`: services
 * stopped and disabled, the files that neco wrote put aside or deleted. site.yml, the packages and the logs stay. Run
 * again it finishes what was interrupted; on a server that was reset it changes nothing.
 * @throws NecoError QUORUM_AT_RISK when this server is, or may be, a member; CANCELLED when it is not meant; CONFIG_*, BUSY,
 * FILE_FAILED, SERVICE_FAILED
 */
export async function reset(options: ResetOptions): Promise<{ changed: boolean }> {
  const { signal, reporter } = options;
  if (options.dryRun) {
    await dryRunPhases(resetPhases, { host: readOnlyHost(), options, signal }, reporter);
    return { changed: false };
  }
  await using _lock = await lockHost('operation', { what: 'neco reset' });
  const context = { host: openHost(), options, reporter, signal };
  await checkMembership.run(context);
  const places = (await allPlaces(context.host)).map(({ path }) => path);
  if (places.length > 0 && !(await options.confirm(places)))
    throw new NecoError('CANCELLED', 'nothing was changed');
  const [, ...changing] = resetPhases;
  return await runPhases(changing, context, { reporter, signal, again: 'neco reset' });
}
