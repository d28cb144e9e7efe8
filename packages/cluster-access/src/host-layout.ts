import { join } from 'node:path';
import { sitePath } from '@neco/core';
import type { PairPaths } from '@neco/host-installer';
import { certificateKindNames, certificateKinds } from './certificates/certificate-kinds.ts';
import { paths } from './paths.ts';

/** Where this server keeps what it needs to reach the cluster, what it remembers, and what it issues to applications. */
export interface HostLayout {
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
  /** The certificates that it has, its own and those of the CAs. */
  certificates: readonly string[];
  /** What it remembers of its setup, and of having left its cluster. */
  setupRecord: string;
  leftRecord: string;
  /** The links that are there while neco-worker runs, and when it starts with the server. */
  workerUnit: { running: string; enabled: string };
  /** The parent directory of the applications' directories. */
  applications: string;
}

/** The layout of a boot server. */
export const hostLayout: HostLayout = {
  site: sitePath,
  workerConfiguration: paths.workerConfiguration,
  server: certificateKinds.server,
  serverCa: paths.authorities.server,
  clientCa: paths.authorities.client,
  clientRevocations: paths.revocations.client,
  certificates: [
    ...certificateKindNames.map((name) => certificateKinds[name].certificatePath),
    ...Object.values(paths.authorities),
  ],
  setupRecord: paths.setupRecord,
  leftRecord: paths.leftRecord,
  workerUnit: {
    running: '/run/systemd/units/invocation:neco-worker.service',
    enabled: '/etc/systemd/system/multi-user.target.wants/neco-worker.service',
  },
  applications: '/etc',
};

/** Where an application finds its certificate, its key, and the CA that signed etcd's certificate. */
export interface ApplicationFiles extends PairPaths {
  directory: string;
  ca: string;
}

export function filesOf({ applications }: HostLayout, name: string): ApplicationFiles {
  const directory = join(applications, name);
  return {
    directory,
    certificatePath: join(directory, 'etcd.crt'),
    keyPath: join(directory, 'etcd.key'),
    ca: join(directory, 'ca.crt'),
  };
}
