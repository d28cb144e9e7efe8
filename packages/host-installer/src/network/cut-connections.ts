import { NecoError } from '@neco/core';
import type { ConnectionFilter } from '../host-reader.ts';
import { runCommand } from '../run-command.ts';

/** Cuts these TCP connections, see ss(8). @throws NecoError COMMAND_FAILED */
export async function cutConnections(filter: ConnectionFilter): Promise<void> {
  const argv = ['--kill', '--tcp', '--numeric', '--no-header', ...expression(filter)];
  const { exitCode, stderr } = await runCommand('ss', argv, { timeout: 10_000 });
  if (exitCode === 0) return;
  const which = 'remoteAddress' in filter ? `of ${filter.remoteAddress}` : 'of this server';
  throw new NecoError(
    'COMMAND_FAILED',
    `ss cannot close the connections ${which}: ${stderr.trim().split('\n')[0] ?? ''}`,
    { hint: 'install the package iproute2' },
  );
}

/** As ss takes it. */
function expression(filter: ConnectionFilter): string[] {
  if ('remoteAddress' in filter) return ['dst', filter.remoteAddress];
  return filter.localPorts.flatMap((port) => ['or', 'sport', '=', `:${String(port)}`]).slice(1);
}
