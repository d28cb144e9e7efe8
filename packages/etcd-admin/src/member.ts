import type { IMember, IStatusResponse } from 'etcd3';

/** One member as the cluster's list has it. An empty `name` means that it was added and has not started yet. */
export interface Member {
  /** Hexadecimal, as etcdctl prints it. */
  id: string;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  isLearner: boolean;
}

/**
 * The address at which a member is reached: its peers know it even of one that never started, which has no client URL yet. Empty
 * when none of its URLs is one.
 */
export function memberAddress({ peerUrls, clientUrls }: Pick<Member, 'peerUrls' | 'clientUrls'>): string {
  return urlAddress(peerUrls[0] ?? clientUrls[0] ?? '');
}

/** The address in a peer or client URL, or in an endpoint; empty when it is no URL. */
export function urlAddress(url: string): string {
  return URL.parse(url)?.hostname ?? '';
}

/** What one member reports about itself (https://etcd.io/docs/v3.6/dev-guide/api_reference_v3/, Maintenance.Status). */
export interface MemberStatus {
  endpoint: string;
  /** This member's own id, hexadecimal. */
  id: string;
  /** Version of etcd that it runs, as in `3.7.3`. */
  version: string;
  /** The id of the leader as this member sees it; undefined when it sees none. */
  leader: string | undefined;
  isLearner: boolean;
  raftIndex: number;
  raftAppliedIndex: number;
  /** Size of its database on disk in bytes. */
  dbSize: number;
  /** How much of it is in use, in bytes; defragmentation gives the rest back. */
  dbSizeInUse: number;
  /** The revision of the data when it answered. */
  revision: string;
  /** Alarms and `etcdserver: no leader`. */
  errors: string[];
}

/** An alarm that a member raised: `NOSPACE` or `CORRUPT`. */
export interface MemberAlarm {
  /** Hexadecimal. */
  memberId: string;
  alarm: string;
}

/** A member as the API lists it. */
export function toMember({ ID, name, peerURLs, clientURLs, isLearner }: IMember): Member {
  return { id: memberIdFromApi(ID), name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner };
}

/** The answer of one endpoint to Maintenance.Status. */
export function toMemberStatus(endpoint: string, status: IStatusResponse): MemberStatus {
  return {
    endpoint,
    id: memberIdFromApi(status.header.member_id),
    version: status.version,
    leader: status.leader === '0' ? undefined : memberIdFromApi(status.leader),
    isLearner: status.isLearner,
    raftIndex: Number(status.raftIndex),
    raftAppliedIndex: Number(status.raftAppliedIndex),
    dbSize: Number(status.dbSize),
    dbSizeInUse: Number(status.dbSizeInUse),
    revision: status.header.revision,
    errors: status.errors,
  };
}

/** An id as the API has it (decimal) the way etcdctl prints it. */
export function memberIdFromApi(decimal: string): string {
  return BigInt(decimal).toString(16);
}

/** The reverse of `memberIdFromApi`. */
export function memberIdToApi(hexadecimal: string): string {
  return BigInt(`0x${hexadecimal}`).toString();
}
