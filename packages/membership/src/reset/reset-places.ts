import { dirname, join } from 'node:path';
import { paths } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import { applicationFiles } from './application-files.ts';

/** Directories whose contents go; the deb made the directories, with an owner of its own, and they stay. */
const emptied = [paths.etcdData, dirname(paths.etcdConfiguration), dirname(paths.vaultConfiguration)];

/** What goes as a whole. /etc/neco/site.yml and Vault's audit log stay. */
const removed = [
  paths.authorityDirectory,
  `${paths.necoDirectory}/.pairs`,
  ...['etcd.crt', 'etcd.key', 'server.crt', 'server.key'].map((name) => join(paths.necoDirectory, name)),
  paths.updaterConfiguration,
  paths.workerConfiguration,
];

/**
 * All files and directories on this server that neco has written since it was installed; only those that are there. What
 * the rest is recognised by comes late: the CA after the certificates of applications, the record of a leave at the end.
 */
export async function resetPlaces(host: HostReader): Promise<string[]> {
  const contents = await Promise.all([...emptied, paths.state].map((path) => contentsOf(host, path)));
  const places = [
    ...(await applicationFiles(host)),
    ...contents.flat().filter((path) => path !== paths.leftRecord),
    ...removed,
    paths.leftRecord,
  ];
  const there = await Promise.all(places.map(async (path) => (await host.stat(path)) !== undefined));
  return places.filter((path, index) => there[index] === true && !isAside(path));
}

async function contentsOf(host: HostReader, path: string): Promise<string[]> {
  return ((await host.list(path)) ?? []).map((name) => join(path, name));
}

/** What was put aside before stays where it is. */
function isAside(path: string): boolean {
  return /\.aside-[0-9TZ]+(-[0-9]+)?$/.test(path);
}
