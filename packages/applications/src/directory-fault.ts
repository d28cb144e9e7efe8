import type { HostReader } from '@neco/host-installer';

/**
 * Why a directory in /etc cannot be an application's, in words that follow its name; undefined when it can. One that is there is the
 * application's, as /etc/squid of its package, unless the packages that have it are part of each Debian.
 * @throws NecoError FILE_FAILED, PACKAGE_FAILED
 */
export async function directoryFault(host: HostReader, directory: string): Promise<string | undefined> {
  const status = await host.stat(directory);
  if (status === undefined) return undefined;
  if (!status.isDirectory) return `${directory} exists and is not a directory`;
  const base = (await host.packagesOwning(directory)).filter(({ isBase }) => isBase);
  if (base.length === 0) return undefined;
  const names = base.map(({ name }) => name).join(', ');
  return `${directory} belongs to the operating system (${names})`;
}
