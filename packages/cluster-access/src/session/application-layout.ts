import { join } from 'node:path';
import { sitePath } from '@neco/core';
import type { PairPaths } from '@neco/host-installer';
import { certificateKinds } from '../certificates/certificate-kinds.ts';
import { paths } from '../paths.ts';

/** Where the operations on applications look and write on this server. */
export interface ApplicationLayout {
  site: string;
  /** How neco reaches etcd. */
  workerConfiguration: string;
  /** This server's certificate, its log-in to Vault. */
  server: PairPaths;
  /** The CA of all servers' certificates. */
  serverCa: string;
  /** The CA of etcd's clients. */
  clientCa: string;
  /** Which certificates of etcd's clients are revoked, DER. */
  clientRevocations: string;
  /** The directory in which the directories of applications lie. */
  applications: string;
}

/** A boot server's own layout. */
export const applicationLayout: ApplicationLayout = {
  site: sitePath,
  workerConfiguration: paths.workerConfiguration,
  server: certificateKinds.server,
  serverCa: paths.authorities.server,
  clientCa: paths.authorities.client,
  clientRevocations: paths.revocations.client,
  applications: '/etc',
};

/** Where an application finds its certificate, its key, and the CA that etcd's own certificate is of. */
export interface ApplicationFiles extends PairPaths {
  directory: string;
  ca: string;
}

export function filesOf({ applications }: ApplicationLayout, name: string): ApplicationFiles {
  const directory = join(applications, name);
  return {
    directory,
    certificatePath: join(directory, 'etcd.crt'),
    keyPath: join(directory, 'etcd.key'),
    ca: join(directory, 'ca.crt'),
  };
}
