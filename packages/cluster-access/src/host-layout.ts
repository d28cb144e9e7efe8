import { join } from 'node:path';
import { sitePath } from '@neco/core';
import { lockDirectory, runningLink, type PairPaths } from '@neco/host-installer';
import { certificateKindNames, certificateKinds } from './certificates/certificate-kinds.ts';
import { paths } from './paths.ts';

/** The units of a boot server, all of which start with it. */
export const bootServerUnits = [
  'etcd.service',
  'vault.service',
  'neco-updater.service',
  'neco-worker.service',
] as const;

/** Where this server keeps what it needs to reach the cluster, what it remembers, and what it issues to applications. */
export interface HostLayout {
  site: string;
  /** How neco reaches etcd. */
  workerConfiguration: string;
  /** This server's certificate, its log-in to Vault. */
  server: PairPaths;
  /** The CA of all servers' certificates. */
  serverCa: string;
  /** What etcd of this server shows to its peers. */
  peer: PairPaths;
  /** The CA of etcd's peers. */
  peerCa: string;
  /** The CA of etcd's clients. */
  clientCa: string;
  /** Which certificates of etcd's clients are revoked, DER. */
  clientRevocations: string;
  /** The certificates that it has, its own and those of the CAs. */
  certificates: readonly string[];
  /** What it remembers of its setup, and of having left its cluster. */
  setupRecord: string;
  leftRecord: string;
  /** What it knows of the certificates that Vault has signed. */
  certificateMemory: string;
  /** The links that are there while neco-worker runs, and when it starts with the server. */
  workerUnit: { running: string; enabled: string };
  /** The directory with a link for each unit that starts with the server. */
  enabledUnits: string;
  /** The parent directory of the applications' directories. */
  applications: string;
  /** The directory of the locks by which one command at a time changes this server. */
  locks: string;
}

/** The layout of a boot server. */
const enabledUnits = '/etc/systemd/system/multi-user.target.wants';

export const hostLayout: HostLayout = {
  site: sitePath,
  workerConfiguration: paths.workerConfiguration,
  server: certificateKinds.server,
  serverCa: paths.authorities.server,
  peer: certificateKinds.etcdPeer,
  peerCa: paths.authorities.peer,
  clientCa: paths.authorities.client,
  clientRevocations: paths.revocations.client,
  certificates: [
    ...certificateKindNames.map((name) => certificateKinds[name].certificatePath),
    ...Object.values(paths.authorities),
  ],
  setupRecord: paths.setupRecord,
  leftRecord: paths.leftRecord,
  certificateMemory: paths.certificateMemory,
  workerUnit: {
    running: runningLink('neco-worker.service'),
    enabled: `${enabledUnits}/neco-worker.service`,
  },
  enabledUnits,
  applications: '/etc',
  locks: lockDirectory,
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
