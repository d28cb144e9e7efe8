import { join } from 'node:path';
import { paths } from '@neco/cluster-access';
import type { Reporter } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import type { OldPlace } from './old-place.ts';

/**
 * Renames what lies at a place beside itself, or deletes it. A link only leads to what was renamed, so it is removed.
 * @throws NecoError FILE_FAILED
 */
export async function clearPlace(
  host: HostWriter,
  { path, kind }: OldPlace,
  { how, reporter }: { how: 'put aside' | 'delete'; reporter: Reporter },
): Promise<void> {
  if (kind === 'link') {
    await host.removeFile(path);
  } else if (how === 'delete') {
    const names = kind === 'directory' ? ((await host.list(path)) ?? []) : [];
    const doomed = kind === 'directory' ? names.map((name) => join(path, name)) : [path];
    for (const one of doomed) await host.removeTree(one);
  } else {
    const status = await host.stat(path);
    reporter.info(`moved aside: ${await host.moveAside(path)}`);
    if (kind === 'directory' && status !== undefined) await renewDirectory(host, path, status);
  }
}

async function renewDirectory(
  host: HostWriter,
  path: string,
  { mode, owner, group }: { mode: number; owner: string; group: string },
): Promise<void> {
  if (path === paths.etcdData) await renewDataDirectory(host);
  else await host.makeDirectory(path, { mode, owner, group });
}

/** The empty directory for etcd's data. Where etcd is not installed, its package will make it. @throws NecoError FILE_FAILED */
export async function renewDataDirectory(host: HostWriter): Promise<void> {
  if (!(await host.userExists('etcd'))) return;
  await host.makeDirectory(paths.etcdData, { mode: 0o700, owner: 'etcd', group: 'etcd' });
}

/** Renames etcd's data and leaves an empty directory in its place. @returns where it lies now @throws NecoError FILE_FAILED */
export async function putEtcdDataAside(host: HostWriter): Promise<string> {
  const path = await host.moveAside(paths.etcdData);
  await renewDataDirectory(host);
  return path;
}
