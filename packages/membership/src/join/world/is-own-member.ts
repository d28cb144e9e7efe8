import { etcdPeerUrl } from '@neco/cluster-access';
import { serverName } from '@neco/core';
import type { Member } from '@neco/etcd-admin';

/** Whether a member is this server's: the one of now or one of an earlier life. */
export function isOwnMember({ lrn, address }: { lrn: number; address: string }, member: Member): boolean {
  return member.name === serverName(lrn) || member.peerUrls.includes(etcdPeerUrl(address));
}
