/** One member as the cluster's list has it. An empty `name` means that it was added and has not started yet. */
export interface Member {
  /** Hexadecimal, as etcdctl prints it. */
  id: string;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  isLearner: boolean;
}

/** What one member says of itself (https://etcd.io/docs/v3.6/dev-guide/api_reference_v3/, Maintenance.Status). */
export interface MemberStatus {
  endpoint: string;
  /** This member's own id, hexadecimal. */
  id: string;
  version: string;
  /** The id of the leader as this member sees it; undefined when it sees none. */
  leader: string | undefined;
  isLearner: boolean;
  raftIndex: number;
  raftAppliedIndex: number;
  /** Size of its database on disk in bytes. */
  dbSize: number;
  /** Alarms and `etcdserver: no leader`. */
  errors: string[];
}

/** An alarm that a member raised: `NOSPACE` or `CORRUPT`. */
export interface MemberAlarm {
  memberId: string;
  alarm: string;
}
