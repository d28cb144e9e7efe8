import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inFile } from '../files/file-error.ts';
import { fsExtra } from '../files/fs-extra.ts';
import { candidateVersions } from './candidate-versions.ts';
import { packageError } from './package-error.ts';
import { runApt } from './run-apt.ts';

/** Where neco keeps its own lists of packages: on tmpfs, gone at the next boot. */
const packageListsDirectory = '/run/neco/apt';

export interface PlannedPackage {
  name: string;
  version: string;
}

/** apt's lists of packages in a directory apart, so that looking changes nothing of the system's own. */
export interface PackageLists {
  readonly directory: string;
  /** The settings, as in `apt-get -o`, that make apt use these lists. */
  readonly aptOptions: readonly string[];
  /** Fetches the lists of all sources and verifies their signatures. @throws NecoError PACKAGE_FAILED, CANCELLED */
  refresh(options?: { signal?: AbortSignal }): Promise<void>;
  /** The version of each package that would be installed; what is not available is left out. @throws NecoError PACKAGE_FAILED */
  candidates(packages: readonly string[]): Promise<Map<string, string>>;
  /** What installing the packages would install, dependencies included. @throws NecoError PACKAGE_FAILED */
  simulateInstall(packages: readonly string[]): Promise<PlannedPackage[]>;
}

export interface PackageListsOptions {
  directory?: string;
  /** More settings for every apt command, as in `Dir::Etc::SourceList=/path`. */
  aptOptions?: readonly string[];
}

/** See apt.conf(5) for the settings; nothing is read or made before one of the functions is called. */
export function packageLists(options: PackageListsOptions = {}): PackageLists {
  const { directory = packageListsDirectory, aptOptions: more = [] } = options;
  const aptOptions = [
    `Dir::State::Lists=${join(directory, 'lists')}`,
    `Dir::Cache::pkgcache=${join(directory, 'pkgcache.bin')}`,
    `Dir::Cache::srcpkgcache=${join(directory, 'srcpkgcache.bin')}`,
    'Acquire::Languages=none',
    ...more,
  ];
  return {
    directory,
    aptOptions,
    refresh: (settings = {}) => refresh(directory, aptOptions, settings.signal),
    candidates: (packages) => candidateVersions(packages, aptOptions),
    simulateInstall: (packages) => simulateInstall(packages, aptOptions),
  };
}

async function refresh(
  directory: string,
  aptOptions: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await inFile('make the directory', directory, async () => {
    const { ensureDir } = await fsExtra();
    await ensureDir(join(directory, 'lists', 'partial'));
    // apt fetches as the user _apt, which must get there whatever the umask of this process.
    for (const path of [dirname(directory), directory, join(directory, 'lists')]) {
      if (path.startsWith('/run/neco')) await chmod(path, 0o755);
    }
  });
  // Without the error mode a bad signature passes as long as lists of before are there.
  const { exitCode, stdout, stderr } = await runApt(
    'apt-get',
    ['update', '-o', 'APT::Update::Error-Mode=any'],
    aptOptions,
    {
      timeout: 300_000,
      ...(signal ? { signal } : {}),
    },
  );
  if (exitCode !== 0) throw packageError('cannot fetch the package lists', `${stderr}\n${stdout}`);
}

async function simulateInstall(
  packages: readonly string[],
  aptOptions: readonly string[],
): Promise<PlannedPackage[]> {
  const argv = ['install', '--simulate', '--no-install-recommends', '-y', ...packages];
  const { exitCode, stdout, stderr } = await runApt('apt-get', argv, aptOptions);
  if (exitCode !== 0)
    throw packageError(`${packages.join(', ')} cannot be installed`, `${stderr}\n${stdout}`);
  return stdout.split('\n').flatMap((line) => {
    const match = /^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [{ name: match[1], version: match[2] }];
  });
}
