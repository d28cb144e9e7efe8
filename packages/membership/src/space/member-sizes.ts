import { memberEndpoint } from '@neco/cluster-access';
import { lrnOfName, NecoError } from '@neco/core';
import type { EtcdCluster, Member, MemberStatus } from '@neco/etcd-admin';

/** A member of etcd and how large it is. */
export interface SizedMember {
  member: Member;
  status: MemberStatus | NecoError;
}

/** All members in the order of their LRNs, each with what it says of itself. @throws NecoError ETCD_* */
export async function memberSizes(etcd: EtcdCluster): Promise<SizedMember[]> {
  const members = await etcd.members();
  const statuses = await etcd.statuses(members.map(memberEndpoint));
  return members
    .map((member) => ({
      member,
      status: statuses.get(memberEndpoint(member)) ?? new NecoError('INTERNAL', 'it was not asked'),
    }))
    .sort((one, other) => lrnOf(one.member) - lrnOf(other.member));
}

/** Those that answer. */
export function answering(sizes: readonly SizedMember[]): { member: Member; status: MemberStatus }[] {
  return sizes.flatMap(({ member, status }) => (status instanceof NecoError ? [] : [{ member, status }]));
}

function lrnOf({ name }: Member): number {
  return lrnOfName(name) ?? Infinity;
}
