import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { shellStatus } from '../src/host/run.ts';

const repository = join(import.meta.dirname, '../../..');

/** A command of this repository as a process that leads a group of its own, as a shell starts it on a terminal. */
export function startTool([command, ...args]: readonly [string, ...string[]]) {
  const child = spawn(command, args, {
    cwd: repository,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('close', (code, signal) => resolve(shellStatus(code, signal)));
  const ended = Promise.all([promise, text(child.stdout), text(child.stderr)]).then(
    ([exitCode, stdout, stderr]) => ({
      exitCode,
      stdout,
      stderr,
    }),
  );
  return { child, ended };
}
