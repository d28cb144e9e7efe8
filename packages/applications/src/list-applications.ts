import { serverName } from '@neco/core';
import { ClusterAccess, type ConnectionOptions } from '@neco/cluster-access';

/** An application as `neco application list` shows it. */
export interface ListedApplication {
  name: string;
  /** Where its keys lie in etcd. */
  prefix: string;
  createdAt: string;
  /** Whether it may read the registered boot servers. */
  readsBootServers: boolean;
  certificates: { server: string; serial: string; notAfter: string }[];
}

/** All applications, by name, with the certificate that each boot server has. @throws NecoError CONFIG_*, ETCD_*, RECORD_INVALID */
export async function listApplications(options: ConnectionOptions): Promise<ListedApplication[]> {
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  const applications = await connection.registry.applications.list();
  return applications.map(({ name, createdAt, readsBootServers = false, certificates }) => ({
    name,
    prefix: `/${name}/`,
    createdAt,
    readsBootServers,
    certificates: certificates.map(({ lrn, serial, notAfter }) => ({
      server: serverName(lrn),
      serial,
      notAfter,
    })),
  }));
}
