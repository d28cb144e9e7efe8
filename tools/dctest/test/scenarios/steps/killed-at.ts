import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';

/** One exact point of a run of neco: between two statements, not some milliseconds into a phase. */
export interface KillPoint {
  /** What is done at this point, and what is not yet. */
  readonly what: string;
  /** The file that takes its place, by its path. */
  readonly file?: string;
  /** The path of a change that Vault has answered, as `/v1/sys/init`. */
  readonly vault?: string;
  /** The method of etcd, as `/etcdserverpb.KV/Txn`, and what its request holds. */
  readonly etcd?: string;
  readonly holding?: string;
  /** Before the file or the request to etcd, or after it; after it when left out. */
  readonly moment?: 'before' | 'after';
  /** The how many-th of its kind in the run; the first when left out. */
  readonly count?: number;
  /** What happens to the server besides, once it is killed. */
  readonly then?: (server: Server) => Promise<void>;
}

const source = join(import.meta.dirname, '../../fixtures/kill-at.ts');
const hook = '/root/kill-at.ts';

/** Puts what kills neco at a point on these servers. */
export async function handOutHook(servers: readonly Server[]): Promise<void> {
  const text = await readFile(source);
  await Promise.all(servers.map((server) => server.writeFile(hook, text)));
}

/** Runs `neco setup`, or another command, on a server until it is killed at this point. @throws AssertionError when it never got there. */
export async function killedAt(
  server: Server,
  point: KillPoint,
  argv: readonly string[],
  command = 'setup',
): Promise<void> {
  const { what, then, ...where } = point;
  // The launcher takes NODE_OPTIONS away, as it should: the program is started as the launcher starts it.
  const program = ['/usr/lib/neco/node', '--import', hook, '/usr/lib/neco/programs/neco.mjs'];
  const environment = { KILL_AT: JSON.stringify(where) };
  const run = await SetupRun.startProgram(server, [...program, command, '--json', ...argv], environment);
  const { exitCode, stderr, events } = await run.result;
  const last = JSON.stringify(events.slice(-3));
  expect(exitCode, `${server.name} was not killed where ${what}: ${stderr} ${last}`).to.equal(137);
  await then?.(server);
}
