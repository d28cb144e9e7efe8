import {
  Registry,
  type Application,
  type BootServer,
  type HostTroubles,
  type UnfinishedLeave,
} from '@neco/bootserver-registry';
import { toNecoError, type NecoError } from '@neco/core';
import type { EtcdCluster, Member, MemberAlarm } from '@neco/etcd-admin';

/** What etcd knows of the cluster; what could not be read is left out and told in `errors`. */
export interface ClusterFacts {
  quorum: boolean;
  members: Member[] | undefined;
  alarms: MemberAlarm[];
  /** Whether they could be read. */
  alarmsKnown: boolean;
  authEnabled: boolean | undefined;
  registrations: BootServer[] | undefined;
  applications: Application[];
  unsealKeyStored: boolean | undefined;
  rootTokenStored: boolean | undefined;
  unfinishedLeaves: UnfinishedLeave[];
  /** What the servers publish of their hosts, by LRN. */
  published: ReadonlyMap<number, HostTroubles['troubles']>;
  errors: NecoError[];
  /** Records that do not parse. */
  brokenRecords: NecoError[];
}

/** Reads all of it at once. */
export async function readCluster(cluster: EtcdCluster, prefix: string): Promise<ClusterFacts> {
  const registry = new Registry(cluster, prefix);
  const asked = await Promise.allSettled([
    cluster.members(),
    cluster.alarms(),
    cluster.authEnabled(),
    registry.overview(),
  ]);
  const [members, alarms, authEnabled, overview] = [
    valueOf(asked[0]),
    valueOf(asked[1]),
    valueOf(asked[2]),
    valueOf(asked[3]),
  ];
  // In this order, not as they came: the same fault reads the same each time.
  const errors = asked
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => toNecoError(reason));
  return {
    quorum: members !== undefined,
    // Without a majority the list that one member has is better than none.
    members: members ?? (await cluster.members({ linearizable: false }).catch(() => undefined)),
    alarms: alarms ?? [],
    alarmsKnown: alarms !== undefined,
    authEnabled,
    registrations: overview?.bootServers,
    applications: overview?.applications ?? [],
    unsealKeyStored: overview?.unsealKeyStored,
    rootTokenStored: overview?.rootTokenStored,
    unfinishedLeaves: overview?.leaves ?? [],
    published: overview?.troubles ?? new Map<number, HostTroubles['troubles']>(),
    errors,
    brokenRecords: overview?.broken ?? [],
  };
}

function valueOf<T>(result: PromiseSettledResult<T>): T | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}
