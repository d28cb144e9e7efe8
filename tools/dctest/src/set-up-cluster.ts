import { randomBytes } from 'node:crypto';
import { NecoError } from '@neco/core';
import { throwIfStopped } from './run.ts';
import type { Server } from './server.ts';
import type { ServerCommand } from './server-command.ts';

/** The first administrator of a cluster that this tool sets up, and where on the leader the password lies. */
export const administrator = { name: 'admin', passwordFile: '/root/admin-password' } as const;

const secretFile = '/root/setup-secret';
const setupLimit = 180_000;

/**
 * Runs `neco setup` on all servers at once.
 * @throws NecoError COMMAND_FAILED with what each that failed said; TIMEOUT; CANCELLED.
 */
export async function setUpCluster(
  servers: readonly Server[],
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const [leader] = servers;
  if (leader === undefined) return;
  const secret = await leader.run(['neco', 'setup-secret']);
  await Promise.all(servers.map((server) => server.writeFile(secretFile, secret, 0o600)));
  await leader.writeFile(administrator.passwordFile, `${randomBytes(18).toString('base64url')}\n`, 0o600);
  const lrns = servers.map(({ which }) => `${which}`);
  say(`neco setup ${lrns.join(' ')} on all of them`);
  const argv = ['neco', 'setup', '--secret-file', secretFile];
  const first = ['--admin', administrator.name, '--admin-password-file', administrator.passwordFile];
  const commands = await Promise.all(
    servers.map((server) => server.spawn([...argv, ...(server === leader ? first : []), ...lrns])),
  );
  for (const command of commands) command.stdin?.end();
  const timer = setTimeout(() => killAll(commands), setupLimit);
  const stop = () => killAll(commands);
  signal?.addEventListener('abort', stop);
  try {
    const results = await Promise.all(commands.map((command) => command.output()));
    const failures = results.flatMap(({ exitCode, stdout, stderr }, index) =>
      exitCode === 0
        ? []
        : [`${servers[index]?.name ?? ''} ended with ${exitCode}:\n${stdout}${stderr}`.trim()],
    );
    throwIfStopped(signal);
    if (failures.length > 0)
      throw new NecoError('COMMAND_FAILED', `neco setup failed:\n${failures.join('\n')}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function killAll(commands: readonly ServerCommand[]): void {
  for (const command of commands) command.killTree().catch(() => undefined);
}
