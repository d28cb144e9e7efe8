import { packageError } from './package-error.ts';
import { runApt } from './run-apt.ts';

/** apt's cache of the system's lists is left alone: the cache of this one question is in memory only. */
export const systemListsOptions = ['Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='];

/** The version of each package that would be installed; what is not available is left out. @throws NecoError PACKAGE_FAILED */
export async function candidateVersions(
  packages: readonly string[],
  aptOptions: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (packages.length === 0) return found;
  const { exitCode, stdout, stderr } = await runApt('apt-cache', ['policy', ...packages], aptOptions);
  if (exitCode !== 0) throw packageError(`versions of ${packages.join(', ')}`, stderr);
  let name: string | undefined;
  for (const line of stdout.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const version = /^ {2}Candidate: (.+)$/.exec(line)?.[1];
    if (name !== undefined && version !== undefined && version !== '(none)') found.set(name, version);
  }
  return found;
}
