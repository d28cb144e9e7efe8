import { certificateKinds, paths } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import { applicationFiles } from './application-files.ts';
import type { OldPlace } from './old-place.ts';

const directory = (path: string): OldPlace => ({ path, kind: 'directory' });
const file = (path: string): OldPlace => ({ path, kind: 'file' });
const link = (path: string): OldPlace => ({ path, kind: 'link' });

/** What every boot server has; /etc/neco/site.yml and Vault's audit log stay. */
const ofServer: readonly OldPlace[] = [
  directory(paths.etcdData),
  directory(paths.etcdDirectory),
  directory(paths.vaultDirectory),
  file(paths.authorityDirectory),
  file(`${paths.necoDirectory}/.pairs`),
  file(paths.updaterConfiguration),
  file(paths.workerConfiguration),
  file(paths.setupRecord),
  file(paths.joinRecord),
  ...[certificateKinds.necoClient, certificateKinds.server].flatMap(({ certificatePath, keyPath }) => [
    link(certificatePath),
    link(keyPath),
  ]),
];

/** What this server has of an earlier life, without what applications have; only what is there. @throws NecoError FILE_FAILED */
export async function oldPlaces(host: HostReader): Promise<OldPlace[]> {
  return await onlyThere(host, ofServer);
}

/**
 * All that neco has written on this server since it was installed. What the rest is recognised by comes late: the CA
 * after the certificates of applications, the record of a leave, which lies in /var/lib/neco, at the end.
 * @throws NecoError FILE_FAILED
 */
export async function allPlaces(host: HostReader): Promise<OldPlace[]> {
  const ofApplications = await applicationFiles(host);
  return await onlyThere(host, [...ofApplications, ...ofServer, directory(paths.state)]);
}

async function onlyThere(host: HostReader, places: readonly OldPlace[]): Promise<OldPlace[]> {
  const there = await Promise.all(places.map((place) => isThere(host, place)));
  return places.filter((_, index) => there[index] === true);
}

async function isThere(host: HostReader, { path, kind }: OldPlace): Promise<boolean> {
  const status = await host.stat(path);
  if (status === undefined) return false;
  if (kind === 'link') return status.isSymbolicLink;
  if (kind === 'file') return true;
  return ((await host.list(path)) ?? []).some((name) => name !== 'lost+found' && !isAside(name));
}

/** What was put aside inside a directory before. */
function isAside(name: string): boolean {
  return /\.aside-[0-9TZ]+(-[0-9]+)?$/.test(name);
}
