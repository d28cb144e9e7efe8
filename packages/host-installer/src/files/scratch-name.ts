import { readdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { HeldDirectory } from './held/hold-directory.ts';
import { removeEntry } from './held/remove-entry.ts';
import { processIdentity } from './process-identity.ts';

let own: string | undefined;

/** A path beside `path` for what is not whole yet; the process is part of its name, so that litter can be told. */
export function scratchName(path: string): string {
  own ??= processIdentity(process.pid) ?? `${String(process.pid)}-`;
  return join(dirname(path), `.${basename(path)}.neco-${own}-${randomBytes(4).toString('hex')}`);
}

/** Removes what processes that were killed have left of an entry of a directory. */
export async function removeScratch(directory: HeldDirectory, name: string): Promise<void> {
  const prefix = `.${name}.neco-`;
  for (const found of await readdir(directory.path)) {
    if (!found.startsWith(prefix)) continue;
    const [, process, pid] = /^(([0-9]+)-[0-9]*)-/.exec(found.slice(prefix.length)) ?? [];
    if (process !== undefined && processIdentity(Number(pid)) !== process)
      await removeEntry(directory, found);
  }
}
