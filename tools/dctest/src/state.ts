import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir, outputJson, readJson, remove } from 'fs-extra/esm';
import { z } from 'zod';
import { suites } from './image/suites.ts';

/** Where this machine keeps what it knows of the data centres that stand on it; gone when it restarts, as they are. */
export const stateDirectory = '/run/neco-dctest';

const stateSchema = z.strictObject({
  name: z.string(),
  /** Where their disks lie. */
  directory: z.string(),
  lrns: z.array(z.int()),
  kind: z.enum(['bare', 'installed', 'setup']),
  /** The Debian release of each boot server, in the order of the LRNs. */
  suites: z.array(z.enum(suites)),
  /** The directories below each boot server's disk when it is empty, the topmost first, in that order; the depot has its own. */
  lower: z.array(z.array(z.string())),
  /** Whether neco is in one of them, and need not be installed. */
  hasNeco: z.boolean(),
  depotLower: z.array(z.string()).optional(),
  publicKey: z.string().optional(),
  /** The process that brings or brought it up, and whether it came to its end. */
  owner: z.int(),
  complete: z.boolean(),
});

/** What is known of a data centre across the runs of this tool. */
export type State = z.infer<typeof stateSchema>;

export async function readState(name: string): Promise<State | undefined> {
  const state: unknown = await readJson(fileOf(name)).catch(() => undefined);
  // A state that another version of this tool wrote is ignored; what it stood for is found without it.
  return stateSchema.safeParse(state).data;
}

export async function writeState(state: State): Promise<void> {
  const part = `${fileOf(state.name)}.part`;
  await outputJson(part, state);
  await rename(part, fileOf(state.name));
}

export async function removeState(name: string): Promise<void> {
  await remove(fileOf(name));
}

/** The names of all data centres of which something is known, in order. */
export async function stateNames(): Promise<string[]> {
  const files = await readdir(stateDirectory).catch(() => []);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The lock that is held while a data centre is brought up or taken down. */
export async function lockFile(name: string): Promise<string> {
  await ensureDir(stateDirectory);
  return join(stateDirectory, `${name}.lock`);
}

function fileOf(name: string): string {
  return join(stateDirectory, `${name}.json`);
}
