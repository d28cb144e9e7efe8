import { runCommand } from '../run-command.ts';
import { packageError } from './package-error.ts';

/** Version of an installed deb package, undefined when it is not (wholly) installed; see dpkg-query(1). */
export async function installedVersion(packageName: string): Promise<string | undefined> {
  const argv = ['--show', '--showformat=${db:Status-Status} ${Version}', '--', packageName];
  const { exitCode, stdout, stderr } = await runCommand('dpkg-query', argv);
  // 1: no such package; 2: something is wrong with the data base.
  if (exitCode > 1) throw packageError(`the version of ${packageName}`, stderr);
  const [status, version] = stdout.split(' ');
  return exitCode === 0 && status === 'installed' ? version : undefined;
}
