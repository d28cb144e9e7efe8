import { NecoError, type Phase } from '@neco/core';
import { membershipOf } from '../membership-of.ts';
import type { ResetContext, ResetView } from '../reset-context.ts';

/** A server that still votes is not reset: the others would lose a member that they count on. */
export const checkMembership: Phase<ResetView, ResetContext> = {
  id: 'check-membership',
  title: 'Check that this server is no member of a cluster',
  isDone: () => Promise.resolve(false),
  async plan(view) {
    await refuseMember(view);
    return ['nothing: it only checks'];
  },
  run: refuseMember,
};

async function refuseMember({ host, options }: ResetView): Promise<void> {
  const membership = await membershipOf(host, options.etcd);
  if (membership.state === 'member') {
    throw new NecoError('QUORUM_AT_RISK', `${membership.name} is a boot server of a cluster`, {
      hint: `remove it first, on another boot server: neco leave ${membership.name.replace('boot-', '')}`,
    });
  }
  if (membership.state === 'unknown' && !options.force) {
    throw new NecoError(
      'QUORUM_AT_RISK',
      `cannot tell whether ${membership.name} is still a member of its cluster: ${membership.why}`,
      {
        hint: 'run "neco leave" for this server on another boot server, then run this again; if the cluster is gone for good: neco reset --force',
      },
    );
  }
}
