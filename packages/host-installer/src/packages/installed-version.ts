import { readdir, stat } from 'node:fs/promises';
import { runCommand } from '../run-command.ts';
import { packageError } from './package-error.ts';

/** Gives the version of an installed deb package, undefined when it is not (wholly) installed. */
export type InstalledVersion = (packageName: string) => Promise<string | undefined>;

/**
 * The versions that dpkg has, asked for all packages at once and again only when its data base has changed; see
 * dpkg-query(1). The function given throws NecoError PACKAGE_FAILED.
 */
export function installedVersions(): InstalledVersion {
  let known: { stamp: string; versions: Promise<Map<string, string>> } | undefined;
  return async (packageName) => {
    const stamp = await stampOfDatabase();
    if (known?.stamp !== stamp) known = { stamp, versions: queryVersions() };
    return (await known.versions).get(packageName);
  };
}

async function queryVersions(): Promise<Map<string, string>> {
  const argv = ['--show', '--showformat=${db:Status-Status} ${binary:Package} ${Package} ${Version}\n'];
  const { exitCode, stdout, stderr } = await runCommand('dpkg-query', argv);
  if (exitCode !== 0) throw packageError('the versions of the installed packages', stderr);
  const versions = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [status, qualified, name, version] = line.split(' ');
    if (status !== 'installed' || qualified === undefined || name === undefined || version === undefined)
      continue;
    versions.set(qualified, version);
    versions.set(name, version);
  }
  return versions;
}

/** Changes with every change of dpkg's data base, whose journal comes first and is merged later, see dpkg(1), FILES. */
async function stampOfDatabase(): Promise<string> {
  const [status, journal] = await Promise.all([
    stat('/var/lib/dpkg/status', { bigint: true }).then(
      ({ ino, size, mtimeNs }) => [ino, size, mtimeNs].join(' '),
      () => 'none',
    ),
    stat('/var/lib/dpkg/updates', { bigint: true }).then(
      async ({ mtimeNs }) => [mtimeNs, ...(await readdir('/var/lib/dpkg/updates'))].join(' '),
      () => 'none',
    ),
  ]);
  return `${status}, ${journal}`;
}
