import { runCommand, type CommandOptions, type CommandResult } from '../run-command.ts';

/** Nothing may ask, restart services on its own, or page. */
const aptEnvironment = {
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  NEEDRESTART_SUSPEND: '1',
  APT_LISTCHANGES_FRONTEND: 'none',
};

/** Verification is not the configuration's to switch off; a source that does not answer fails soon. */
const safeOptions = [
  'APT::Get::AllowUnauthenticated=false',
  'Acquire::AllowInsecureRepositories=false',
  'Acquire::AllowDowngradeToInsecureRepositories=false',
  'Acquire::http::Timeout=15',
  'Acquire::https::Timeout=15',
  'Acquire::Retries=1',
  'Dpkg::Use-Pty=0',
];

/** Runs apt-get or apt-cache without questions and noise, see apt.conf(5). */
export async function runApt(
  program: 'apt-get' | 'apt-cache',
  argv: readonly string[],
  aptOptions: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const settings = [...safeOptions, ...aptOptions].flatMap((option) => ['-o', option]);
  return runCommand(program, ['-q', ...settings, ...argv], { ...options, environment: aptEnvironment });
}
