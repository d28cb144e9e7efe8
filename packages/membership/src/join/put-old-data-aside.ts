import { dirname } from 'node:path';
import { NecoError, type Reporter } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { paths } from '@neco/cluster-access';

const units = ['neco-worker.service', 'neco-updater.service', 'vault.service', 'etcd.service'];

/** Files and folders of a boot server that has left; /etc/neco/site.yml stays. */
const places = [
  paths.etcdData,
  dirname(paths.etcdConfiguration),
  dirname(paths.vaultConfiguration),
  paths.authorityDirectory,
  `${paths.necoDirectory}/.pairs`,
  paths.updaterConfiguration,
  paths.workerConfiguration,
  paths.setupRecord,
  paths.joinRecord,
];
const links = ['etcd.crt', 'etcd.key', 'server.crt', 'server.key'].map(
  (name) => `${paths.necoDirectory}/${name}`,
);

/** Renames what an earlier life of this server left; deletes nothing but links to what was renamed. */
export async function putOldDataAside(host: HostWriter, reporter: Reporter): Promise<void> {
  for (const unit of units) {
    const { active, load } = await host.unit(unit);
    if (load === 'loaded' && !['inactive', 'failed'].includes(active)) await host.stopUnit(unit);
  }
  for (const path of places) {
    const status = await host.stat(path);
    if (status === undefined || (status.isDirectory && (await host.list(path))?.length === 0)) continue;
    reporter.info(`moved aside: ${await host.moveAside(path)}`);
    if (path === paths.etcdData) await renewDataDirectory(host);
    else if (status.isDirectory) {
      const { mode, owner, group } = status;
      await host.makeDirectory(path, { mode, owner, group });
    }
  }
  for (const path of links) {
    if ((await host.stat(path))?.isSymbolicLink === true) await host.removeFile(path);
  }
}

/** Renames etcd's data and leaves an empty directory in its place. @returns where it lies now */
export async function putEtcdDataAside(host: HostWriter): Promise<string> {
  const path = await host.moveAside(paths.etcdData).catch((error: unknown) => {
    // A disk of its own is mounted there: it cannot be renamed, but what lies on it can.
    if (error instanceof NecoError && /EBUSY|busy/.test(error.message)) {
      return host.moveAside(`${paths.etcdData}/member`);
    }
    throw error;
  });
  await renewDataDirectory(host);
  return path;
}

/** Where etcd is not installed, its package will make the directory. */
async function renewDataDirectory(host: HostWriter): Promise<void> {
  if (!(await host.userExists('etcd'))) return;
  await host.makeDirectory(paths.etcdData, { mode: 0o700, owner: 'etcd', group: 'etcd' });
}
