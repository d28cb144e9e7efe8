import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { NecoError } from '@neco/core';
import { socketOwners } from './socket-owners.ts';

export interface HostLock extends AsyncDisposable {
  /** Gives the lock back; it is also given back when the process ends, however it ends. */
  release(): Promise<void>;
}

/**
 * Takes a lock that one process of this host (network namespace) can hold: a socket of that name in the abstract
 * namespace, which the kernel removes when its holder is gone, see unix(7).
 * @throws NecoError BUSY, naming the process that holds it
 */
export async function lockHost(name: string): Promise<HostLock> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    server.listen({ path: `\0neco-${name}` });
    await once(server, 'listening');
  } catch (error) {
    throw await busy(name, error);
  }
  const release = async () => {
    await new Promise<void>((resolve) =>
      server.close(() => {
        resolve();
      }),
    );
  };
  return { release, [Symbol.asyncDispose]: release };
}

async function busy(name: string, cause: unknown): Promise<NecoError> {
  const holder = await holderOf(`@neco-${name}`).catch(() => undefined);
  const who = holder === undefined ? 'another process' : `process ${String(holder.pid)} (${holder.process})`;
  return new NecoError('BUSY', `another neco operation, "${name}", is at work on this host: ${who}`, {
    hint: 'wait until it has ended, or stop it, and run the command again',
    cause,
  });
}

async function holderOf(socketName: string): Promise<{ process: string; pid: number } | undefined> {
  const lines = (await readFile('/proc/self/net/unix', 'utf8')).split('\n').map((line) => line.split(/\s+/));
  const inodes = lines.filter((fields) => fields[7] === socketName).flatMap((fields) => fields[6] ?? []);
  const owners = await socketOwners(new Set(inodes));
  return [...owners.values()][0];
}
