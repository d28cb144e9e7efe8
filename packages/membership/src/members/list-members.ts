import { lrnOfName, NecoError, type EtcdOptions } from '@neco/core';
import { memberAddress, type Member, type MemberStatus } from '@neco/etcd-admin';
import { ClusterAccess, memberEndpoint } from '@neco/cluster-access';

/** A member of etcd as the list has it, and what it says of itself. */
export interface ListedMember {
  /** Hexadecimal. */
  id: string;
  /** Empty when it was added and has never started. */
  name: string;
  address: string;
  state: 'leader' | 'follower' | 'learner' | 'unstarted' | 'unreachable';
  version?: string;
  databaseBytes?: number;
  /** Why it is not reachable. */
  message?: string;
}

export interface MemberList {
  /** Whether the list is one that a majority stands behind; otherwise it is what one member knows. */
  quorum: boolean;
  members: ListedMember[];
}

/** The members of etcd and how each is. @throws NecoError CONFIG_*, ETCD_* when none answers */
export async function listMembers(options: { etcd: Partial<EtcdOptions> }): Promise<MemberList> {
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  const { etcd } = connection;
  const certain = await etcd.members().catch((error: unknown) => {
    if (error instanceof NecoError && error.retryable) return undefined;
    throw error;
  });
  const members = certain ?? (await etcd.members({ linearizable: false }));
  const endpoints = members.map(memberEndpoint);
  const statuses = await etcd.statuses(endpoints);
  const listed = members.map((member, index) => listedMember(member, statuses.get(endpoints[index] ?? '')));
  return { quorum: certain !== undefined, members: listed.sort((one, other) => lrnOf(one) - lrnOf(other)) };
}

function listedMember(member: Member, status: MemberStatus | NecoError | undefined): ListedMember {
  const { id, name, isLearner } = member;
  const seen = { id, name, address: memberAddress(member) };
  if (status === undefined || status instanceof NecoError) {
    const message = status?.message ?? 'it was not asked';
    return { ...seen, state: name === '' ? 'unstarted' : 'unreachable', message };
  }
  const { version, dbSize: databaseBytes, leader } = status;
  const voter = leader === status.id ? 'leader' : 'follower';
  return { ...seen, state: isLearner ? 'learner' : voter, version, databaseBytes };
}

/** One that never started has no name and comes last. */
function lrnOf({ name }: ListedMember): number {
  return lrnOfName(name) ?? Infinity;
}
