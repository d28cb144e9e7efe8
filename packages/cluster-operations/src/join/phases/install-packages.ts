import type { Phase } from '@neco/core';
import { paths } from '../../paths.ts';
import type { JoinContext, JoinView } from '../join-context.ts';

/** Seed step 1: install etcd and vault. */
export const installPackages: Phase<JoinView, JoinContext> = {
  id: 'install-packages',
  title: 'Install etcd and Vault',
  async isDone({ host, site }) {
    const { etcd, vault } = site.packages;
    const versions = await Promise.all([host.installedVersion(etcd), host.installedVersion(vault)]);
    return versions.every((version) => version !== undefined);
  },
  plan: ({ site }) => [`install the packages ${site.packages.etcd} and ${site.packages.vault}`],
  async run({ host, site, signal }) {
    const { etcd, vault } = site.packages;
    await host.installPackages([etcd, vault], host.packageLists(paths.packageLists), { signal });
  },
};
