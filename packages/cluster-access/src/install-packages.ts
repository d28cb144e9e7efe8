import type { Phase, SiteConfiguration } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';

interface PackagesView {
  readonly host: HostReader;
  readonly site: SiteConfiguration;
  readonly signal: AbortSignal;
}

interface PackagesContext extends PackagesView {
  readonly host: HostWriter;
}

/** The first step of setup and of join in the seed: install etcd and vault. */
export const installPackages: Phase<PackagesView, PackagesContext> = {
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
    await host.installPackages([etcd, vault], host.packageLists(), { signal });
  },
};
