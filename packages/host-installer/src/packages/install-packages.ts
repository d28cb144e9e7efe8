import { readdir } from 'node:fs/promises';
import { NecoError, waitFor } from '@neco/core';
import type { InstallOptions } from '../host-writer.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../run-command.ts';
import { candidateVersions } from './candidate-versions.ts';
import { packageError } from './package-error.ts';
import { runApt } from './run-apt.ts';

/**
 * Installs deb packages without questions and without what they only recommend; keeps configuration files that were
 * changed here. Waits for other package managers, and first repairs what an interrupted dpkg left, see dpkg(1).
 * Stopping interrupts a download only; unpacking is brought to its end.
 * @param aptOptions settings as in `apt-get -o`, such as those of the lists to use.
 * @throws NecoError PACKAGE_FAILED, CANCELLED
 */
export async function installPackages(
  names: readonly string[],
  aptOptions: readonly string[],
  options: InstallOptions = {},
): Promise<void> {
  const { signal, lockTimeout = 300_000 } = options;
  const command: CommandOptions = {
    timeout: Infinity,
    killSignal: 'SIGINT',
    detached: true,
    ...(signal ? { signal } : {}),
  };
  const settings = [...aptOptions, `DPkg::Lock::Timeout=${String(Math.ceil(lockTimeout / 1000))}`];
  const install = (packages: readonly string[], ...flags: string[]): Promise<CommandResult> =>
    runApt('apt-get', ['install', ...installFlags, ...flags, ...packages], settings, command);
  const unlocked = (work: () => Promise<CommandResult>): Promise<void> =>
    whenUnlocked(`${names.join(', ')} cannot be installed`, lockTimeout, signal, work);

  await unlocked(() => configureInterrupted(command));
  const halfInstalled = await packagesIn('half-installed', aptOptions);
  // apt takes a package whose unpacking was interrupted for installed, and would leave it as it is.
  if (halfInstalled.length > 0) await unlocked(() => install(halfInstalled, '--reinstall'));
  await unlocked(() => install(names));
}

const installFlags = [
  '-y',
  '--no-install-recommends',
  '--no-remove',
  ...[
    'Dpkg::Options::=--force-confdef',
    'Dpkg::Options::=--force-confold',
    'APT::Keep-Downloaded-Packages=false',
  ].flatMap((option) => ['-o', option]),
];

/** dpkg keeps its journal here while it is at work; files left over mean that it was interrupted. */
const dpkgJournal = '/var/lib/dpkg/updates';

async function configureInterrupted(command: CommandOptions): Promise<CommandResult> {
  const interrupted = (await readdir(dpkgJournal).catch(() => [])).some((name) => /^[0-9]+$/.test(name));
  if (!interrupted) return { exitCode: 0, stdout: '', stderr: '' };
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  return runCommand('dpkg', ['--force-confdef', '--force-confold', '--configure', '-a'], {
    ...command,
    environment,
  });
}

/** The packages in a state of dpkg's, as far as they are available. */
async function packagesIn(state: string, aptOptions: readonly string[]): Promise<string[]> {
  const { stdout } = await runCommand('dpkg-query', [
    '--show',
    '--showformat=${db:Status-Status} ${binary:Package}\n',
  ]);
  const names = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith(`${state} `) ? [line.slice(state.length + 1)] : []));
  const found = await candidateVersions(names, aptOptions);
  return names.filter((name) => found.has(name));
}

/** Of apt's locks only that of dpkg can be waited for by an option, so the rest is tried again here. */
async function whenUnlocked(
  what: string,
  timeout: number,
  signal: AbortSignal | undefined,
  work: () => Promise<CommandResult>,
): Promise<void> {
  // dpkg 1.22 names the program that holds the lock, earlier ones say "another process".
  const locked = /Could not get lock|Unable to acquire|lock was locked by |Unable to lock/i;
  const deadline = performance.now() + timeout;
  await waitFor(
    async () => {
      const { exitCode, stdout, stderr } = await work();
      if (exitCode === 0) return { done: true, value: undefined };
      const output = `${stderr}\n${stdout}`;
      if (locked.test(output) && performance.now() < deadline) throw packageError(what, output, true);
      throw packageError(what, output);
    },
    { what: 'other package managers', pause: 200, maxPause: 2000, ...(signal ? { signal } : {}) },
  ).catch((error: unknown) => {
    if (signal?.aborted)
      throw new NecoError('CANCELLED', 'stopped while packages were being installed', { cause: error });
    throw error;
  });
}
