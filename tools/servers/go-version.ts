import { readFile, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { NecoError } from '@neco/core';
import { runCommand } from '../lib/run-command.ts';

/**
 * The version of the Go in PATH, for example `go1.26.8`. Read from the file VERSION of its distribution, because a
 * process takes longer; where that file is not found, `go env` is asked.
 *
 * @throws NecoError COMMAND_FAILED when there is no Go.
 */
export async function goVersion(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    const program = await realpath(join(folder, 'go')).catch(() => undefined);
    if (program === undefined) continue;
    const version = await readFile(join(program, '../../VERSION'), 'utf8').catch(() => undefined);
    return version?.split('\n')[0] ?? (await runCommand(program, ['env', 'GOVERSION'])).trim();
  }
  throw new NecoError('COMMAND_FAILED', 'go is not in PATH, and etcd and Vault are built with it', {
    hint: 'Install Go 1.26 or newer and put its bin folder into PATH.',
  });
}
