import { readdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { fsExtra } from './fs-extra.ts';
import { processIdentity } from './process-identity.ts';

let own: string | undefined;

/** A path beside `path` for what is not whole yet; the process is part of its name, so that litter can be told. */
export function scratchName(path: string): string {
  own ??= processIdentity(process.pid) ?? `${String(process.pid)}-`;
  return join(dirname(path), `.${basename(path)}.neco-${own}-${randomBytes(4).toString('hex')}`);
}

/** Removes what processes that were killed have left of `path`. */
export async function removeScratch(path: string): Promise<void> {
  const prefix = `.${basename(path)}.neco-`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const [, process, pid] = /^(([0-9]+)-[0-9]*)-/.exec(name.slice(prefix.length)) ?? [];
    if (process !== undefined && processIdentity(Number(pid)) !== process) {
      const { remove } = await fsExtra();
      await remove(join(dirname(path), name));
    }
  }
}
