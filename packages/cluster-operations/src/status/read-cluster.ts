import { Registry, type Application, type BootServer } from '@neco/bootserver-registry';
import { toNecoError, type NecoError } from '@neco/core';
import type { EtcdCluster, Member, MemberAlarm } from '@neco/etcd-admin';

/** What etcd knows of the cluster; what could not be read is left out and told in `errors`. */
export interface ClusterFacts {
  quorum: boolean;
  members: Member[] | undefined;
  alarms: MemberAlarm[];
  authEnabled: boolean | undefined;
  registrations: BootServer[] | undefined;
  applications: Application[];
  unsealKeyStored: boolean | undefined;
  rootTokenStored: boolean | undefined;
  /** LRNs of servers whose leave was begun and has not ended. */
  unfinishedLeaves: number[];
  errors: NecoError[];
}

/** Reads all of it at once. */
export async function readCluster(cluster: EtcdCluster, prefix: string): Promise<ClusterFacts> {
  const registry = new Registry(cluster, prefix);
  const errors: NecoError[] = [];
  const attempt = async <T>(read: Promise<T>): Promise<T | undefined> => {
    try {
      return await read;
    } catch (error) {
      errors.push(toNecoError(error));
      return undefined;
    }
  };
  const [members, alarms, authEnabled, overview] = await Promise.all([
    attempt(cluster.members()),
    attempt(cluster.alarms()),
    attempt(cluster.authEnabled()),
    attempt(registry.overview()),
  ]);
  return {
    quorum: members !== undefined,
    // Without a majority the list that one member has is better than none.
    members: members ?? (await cluster.members({ linearizable: false }).catch(() => undefined)),
    alarms: alarms ?? [],
    authEnabled,
    registrations: overview?.bootServers,
    applications: overview?.applications ?? [],
    unsealKeyStored: overview?.unsealKeyStored,
    rootTokenStored: overview?.rootTokenStored,
    unfinishedLeaves: overview?.operations.flatMap(planned) ?? [],
    errors: [...errors, ...(overview?.broken ?? [])],
  };
}

/** The LRN that the record of a leave is of, as in `leave/2/plan`. */
function planned(id: string): number[] {
  const lrn = /^leave\/([0-9]+)\/plan$/.exec(id)?.[1];
  return lrn === undefined ? [] : [Number(lrn)];
}
