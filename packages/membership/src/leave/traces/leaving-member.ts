import { urlAddress, type Member } from '@neco/etcd-admin';
import type { LeaveView } from '../leave-context.ts';

/** The etcd member of the server that leaves, as long as it is one. @throws NecoError ETCD_* */
export async function leavingMember({
  etcd,
  facts: { name, address },
}: Pick<LeaveView, 'etcd' | 'facts'>): Promise<Member | undefined> {
  const isThere = (url: string): boolean => urlAddress(url) === address;
  return (await etcd.members()).find((member) => member.name === name || member.peerUrls.some(isThere));
}
