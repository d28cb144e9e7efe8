import { ClusterAccess, paths } from '@neco/cluster-access';
import { messageOf, type EtcdOptions } from '@neco/core';
import { urlAddress } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import { readLeftRecord } from '../leave/records/left-record.ts';

/** Whether this server is still part of a cluster. */
export type Membership =
  | { state: 'none' }
  | { state: 'left' }
  | { state: 'removed' }
  | { state: 'member'; name: string }
  | { state: 'unknown'; name: string; why: string };

/** Looks at this server, and asks the cluster where this server has what it takes to ask. @throws NecoError CONFIG_*, FILE_FAILED */
export async function membershipOf(host: HostReader, flags: Partial<EtcdOptions>): Promise<Membership> {
  if ((await readLeftRecord(host)) !== undefined) return { state: 'left' };
  const configured = (await host.stat(paths.workerConfiguration)) !== undefined;
  const data = (await host.list(paths.etcdData)) ?? [];
  if (!configured && data.length === 0) return { state: 'none' };
  if (!configured)
    return { state: 'unknown', name: 'this server', why: `there is no ${paths.workerConfiguration}` };
  using connection = await ClusterAccess.open({ as: 'neco', etcd: flags });
  const { lrn, name, address, etcd, registry } = connection;
  try {
    const [members, servers] = await Promise.all([etcd.members(), registry.bootServers.list()]);
    const isMember = members.some(({ peerUrls }) => peerUrls.some((url) => urlAddress(url) === address));
    const isRegistered = servers.some((server) => server.lrn === lrn);
    return isMember || isRegistered ? { state: 'member', name } : { state: 'removed' };
  } catch (error) {
    return { state: 'unknown', name, why: messageOf(error) };
  }
}
