import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { NecoError } from '@neco/core';

type Holder = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Runs `work` while this process alone holds the lock of a file (flock(2) by way of flock(1)). The lock goes when
 * this process does, however it ends: a child holds it for as long as its standard input is open.
 *
 * @param path - The lock file; made when absent, never removed.
 * @param onWait - Called once when another holds the lock at first.
 * @throws NecoError COMMAND_FAILED when flock(1) cannot be run; whatever `work` throws.
 */
export async function withFileLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let holder = await hold(['--nonblock', path]);
  if (holder === undefined) {
    onWait();
    holder = await hold([path]);
  }
  if (holder === undefined) throw new NecoError('COMMAND_FAILED', `flock gave no lock on ${path}`);
  try {
    return await work();
  } finally {
    const closed = once(holder, 'close');
    holder.stdin.end();
    await closed;
  }
}

/** Gives the child that holds the lock, or nothing when it ended without getting it. */
function hold(args: readonly string[]): Promise<Holder | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Holder | undefined>();
  // Detached, because Ctrl-C reaches the whole foreground group, and the lock has to outlast the clean-up.
  const child = spawn('flock', [...args, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => resolve(child));
  child.once('close', () => resolve(undefined));
  child.once('error', (cause) => {
    const hint = 'flock belongs to util-linux: is it in PATH?';
    reject(new NecoError('COMMAND_FAILED', `flock could not be started: ${cause.message}`, { hint, cause }));
  });
  return promise;
}
