import { NecoError } from '@neco/core';
import type { Member } from '@neco/etcd-admin';
import type { FinishContext } from './finish-context.ts';

/**
 * All members, and the one that join added for this server.
 * @throws NecoError FOREIGN_DATA when it was removed since; ETCD_*
 */
export async function ownMember({
  worker,
  record,
}: FinishContext): Promise<{ own: Member; members: Member[] }> {
  using connection = await worker.connect();
  const members = await connection.etcd.members();
  const own = members.find(({ id }) => id === record.memberId);
  if (own !== undefined) return { own, members };
  throw new NecoError('FOREIGN_DATA', `the etcd member ${record.memberId ?? ''} of this server was removed`, {
    hint: 'run neco join again',
  });
}
