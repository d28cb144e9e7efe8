import { readdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { processExists } from './process-exists.ts';

/** A path beside `path` for what is not whole yet; the process is part of its name, so that litter can be told. */
export function scratchName(path: string): string {
  const unique = `${String(process.pid)}-${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.neco-${unique}`);
}

/** Removes what processes that were killed have left of `path`. */
export async function removeScratch(path: string): Promise<void> {
  const prefix = `.${basename(path)}.neco-`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(/^([0-9]+)-/.exec(name.slice(prefix.length))?.[1]);
    if (Number.isInteger(pid) && !processExists(pid)) await rm(join(dirname(path), name), { force: true });
  }
}
