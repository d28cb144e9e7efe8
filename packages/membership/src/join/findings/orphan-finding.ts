import { serverName, type ErrorDetail } from '@neco/core';
import { memberAddress } from '@neco/etcd-admin';
import { removeMemberCommand } from '../../members/remove-member.ts';
import type { ForeignLearner } from '../foreign-learner.ts';

/** How long a server that has begun to join is waited for rather than called an orphan, in ms. */
const freshness = 10 * 60_000;

/** etcd takes one learner at a time. One whose server has just begun is waited for; an orphan is named. */
export function orphanFinding({ member, registration, lrn }: ForeignLearner): ErrorDetail | undefined {
  const since = registration === undefined ? 0 : Date.parse(registration.registeredAt);
  if (registration?.state === 'joining' && Date.now() - since < freshness) return undefined;
  const who = lrn === undefined ? `the member ${member.id} (${memberAddress(member)})` : serverName(lrn);
  const remove =
    lrn === undefined
      ? `if it is not needed, because it is not a boot server, run on a boot server: ${removeMemberCommand(member.id)}`
      : `if it will not come back, run on a boot server: neco leave ${String(lrn)}`;
  return {
    message: `${who} was added to etcd as a learner and does not vote yet; etcd allows one learner at a time`,
    hint: `wait until it is promoted (neco-worker must run there), or, ${remove}`,
  };
}
