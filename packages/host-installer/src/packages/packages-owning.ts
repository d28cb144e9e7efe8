import { runCommand } from '../run-command.ts';
import { packageError } from './package-error.ts';

/** A deb package that has a file or directory among its own. */
export interface OwningPackage {
  name: string;
  /** Whether it is part of each Debian: essential, or of priority required, important or standard, see deb-control(5). */
  isBase: boolean;
}

const basePriorities = ['required', 'important', 'standard'];

/** The installed packages that have this path among their files, see dpkg-query(1). @throws NecoError PACKAGE_FAILED */
export async function packagesOwning(path: string): Promise<OwningPackage[]> {
  const search = await runCommand('dpkg-query', ['--search', '--', path]);
  // 1: none; also where there is no dpkg.
  if (search.exitCode !== 0) return [];
  const line = search.stdout.split('\n').find((one) => one.endsWith(`: ${path}`)) ?? '';
  const names = line
    .slice(0, -`: ${path}`.length)
    .split(', ')
    .filter((name) => name !== '');
  if (names.length === 0) return [];
  const format = '--showformat=${Package} ${Priority} ${Essential}\\n';
  const { exitCode, stdout, stderr } = await runCommand('dpkg-query', ['--show', format, '--', ...names]);
  if (exitCode !== 0) throw packageError(`the packages of ${path}`, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((one) => {
      const [name = '', priority = '', essential] = one.split(' ');
      return { name, isBase: essential === 'yes' || basePriorities.includes(priority) };
    });
}
