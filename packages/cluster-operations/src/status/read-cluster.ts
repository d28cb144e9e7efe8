import { Registry, type Application, type BootServer } from '@neco/bootserver-registry';
import { toNecoError, type NecoError } from '@neco/core';
import type { EtcdCluster, Member, MemberAlarm } from '@neco/etcd-admin';
import { unfinishedLeaves, type AwaitedLeave } from '../leave/awaited-servers.ts';

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
  unfinishedLeaves: AwaitedLeave[];
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
    unfinishedLeaves: unfinishedLeaves(overview?.operations ?? []),
    errors: [...errors, ...(overview?.broken ?? [])],
  };
}
