import { certificateDirectories, restoreCertificateLinks } from '@neco/cluster-access';
import type { WorkerDuty } from '@neco/daemon';
import { DirectoryWatch } from '../directory-watch.ts';

/** How long until it looks without a change, in ms; sooner as long as a directory is not there to be watched. */
const pauses = { regular: 10 * 60_000, incomplete: 20_000 } as const;

/** Puts links such as /etc/neco/etcd.key back that somebody removed, where the certificate and key are still there. */
export const restoreLinks: WorkerDuty = {
  name: 'restore-links',
  async run({ host, reporter }, signal) {
    while (!signal.aborted) {
      using changes = new DirectoryWatch(certificateDirectories());
      for (const path of await restoreCertificateLinks(host))
        reporter.warn(`restored ${path}, which was gone`);
      await changes.next(changes.isComplete ? pauses.regular : pauses.incomplete, signal);
    }
  },
};
