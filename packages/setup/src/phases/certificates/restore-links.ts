import type { Phase } from '@neco/core';
import { lostCertificateLinks, restoreCertificateLinks } from '@neco/cluster-access';
import type { SetupContext, SetupView } from '../../setup-context.ts';

/** Somebody has removed a link such as /etc/neco/etcd.key, and what it led to is still there: all that follows needs it. */
export const restoreLinks: Phase<SetupView, SetupContext> = {
  id: 'restore-links',
  title: 'Restore the links to certificates and keys',
  isDone: async ({ host }) => (await lostCertificateLinks(host)).length === 0,
  plan: async ({ host }) => (await lostCertificateLinks(host)).map((path) => `restore ${path}`),
  async run({ host, reporter }) {
    for (const path of await restoreCertificateLinks(host)) reporter.info(`restored ${path}`);
  },
};
