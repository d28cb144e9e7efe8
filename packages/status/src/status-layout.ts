import { sitePath } from '@neco/core';
import { certificateKinds, paths } from '@neco/cluster-access';

/** Where status looks on this server. */
export interface StatusLayout {
  site: string;
  /** How neco reaches etcd. */
  workerConfiguration: string;
  /** What this server remembers of its setup. */
  setupRecord: string;
  /** What this server remembers of having left its cluster. */
  leftRecord?: string;
  /** The links that are there while neco-worker runs, and when it starts with the server. */
  workerUnit?: { running: string; enabled: string };
  /** Certificates whose expiry is shown. */
  certificates: readonly string[];
}

/** A boot server's own layout. */
export const statusLayout: StatusLayout = {
  site: sitePath,
  workerConfiguration: paths.workerConfiguration,
  setupRecord: paths.setupRecord,
  leftRecord: paths.leftRecord,
  workerUnit: {
    running: '/run/systemd/units/invocation:neco-worker.service',
    enabled: '/etc/systemd/system/multi-user.target.wants/neco-worker.service',
  },
  certificates: [
    ...Object.values(certificateKinds).map(({ certificatePath }) => certificatePath),
    ...Object.values(paths.authorities),
  ],
};
