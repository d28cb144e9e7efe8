import { NecoError } from '@neco/core';
import { runCommand } from './run-command.ts';

/** Cuts TCP connections by the address of their other end, see ss(8). @throws NecoError COMMAND_FAILED */
export async function cutConnections(address: string): Promise<void> {
  const argv = ['--kill', '--tcp', '--numeric', '--no-header', 'dst', address];
  const { exitCode, stderr } = await runCommand('ss', argv, { timeout: 10_000 });
  if (exitCode === 0) return;
  throw new NecoError(
    'COMMAND_FAILED',
    `ss cannot cut the connections of ${address}: ${stderr.trim().split('\n')[0] ?? ''}`,
    { hint: 'install the package iproute2' },
  );
}
