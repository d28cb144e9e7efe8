import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ensureDir, remove } from 'fs-extra/esm';
import { runCommand } from './run-command.ts';
import { withFileLock } from './with-file-lock.ts';

const partial = '.partial-';
const dayInMilliseconds = 24 * 60 * 60 * 1000;

/** Something that is built once on this machine and then found in the cache. */
export interface CachedBuild {
  /** Folder below the cache that holds all builds of this thing, for example `servers/vault`. One lock guards it. */
  readonly kind: string;
  /** What tells this build from others of its kind: a hash of all that it is made from. One path segment. */
  readonly key: string;
  /** How the thing is called in messages, for example `vault 1.21.1`. */
  readonly title: string;
  /** How long the build takes, for the person who waits, for example `about 5 minutes the first time`. */
  readonly estimate?: string;
  /** How many builds of this kind stay (8). Ones used within a day stay in any case. */
  readonly keep?: number;
  /** Where messages go; standard error unless told. */
  readonly say?: (line: string) => void;
  /** Makes the thing inside the given empty directory. Throwing leaves nothing behind in the cache. */
  readonly build: (directory: string) => Promise<void>;
}

/**
 * The folder in which everything lies that neco's tools build once for this user: `$XDG_CACHE_HOME/neco`, or
 * `~/.cache/neco` (XDG Base Directory Specification: a relative `XDG_CACHE_HOME` is ignored). It may not exist yet.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'neco');
}

/**
 * Gives the directory of a build, building it when it is not there. A build is made beside its place and renamed
 * when it is whole, so what is found at the place is whole; two runs at once build once; what a killed run left is
 * cleared. With the build in the cache no process is started.
 *
 * @returns The absolute path of the directory that `build` filled. Nobody may write to it.
 */
export async function buildOnce(wanted: CachedBuild): Promise<string> {
  const folder = join(cacheDirectory(), wanted.kind);
  const place = join(folder, wanted.key);
  if (await isBuilt(place)) return place;
  const say = wanted.say ?? ((line: string) => void process.stderr.write(`${line}\n`));
  await ensureDir(folder);
  const onWait = () => say(`${wanted.title}: another run is building it, waiting`);
  await withFileLock(join(folder, '.lock'), onWait, async () => {
    if (await isBuilt(place)) return;
    await clearPartial(folder);
    await buildAndRename(wanted, place, say);
    await clearOld(folder, wanted.keep ?? 8);
  });
  return place;
}

async function isBuilt(place: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(place, now, now); // its age since the last use decides what is cleared
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    return (await stat(place)).isDirectory(); // a cache of another user can be read all the same
  }
}

async function buildAndRename(
  wanted: CachedBuild,
  place: string,
  say: (line: string) => void,
): Promise<void> {
  const directory = `${place}${partial}${randomBytes(6).toString('hex')}`;
  say(`${wanted.title}: building${wanted.estimate === undefined ? '' : `, ${wanted.estimate}`}`);
  const start = performance.now();
  await mkdir(directory);
  try {
    await wanted.build(directory);
    await runCommand('sync', ['--file-system', directory]); // a power cut must not leave empty files under the final name
    await rename(directory, place);
  } catch (error) {
    await remove(directory);
    throw error;
  }
  say(`${wanted.title}: built in ${duration(performance.now() - start)}`);
}

async function clearPartial(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.includes(partial));
  await Promise.all(names.map((name) => remove(join(folder, name))));
}

async function clearOld(folder: string, keep: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const builds = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async (entry) => {
        const path = join(folder, entry.name);
        return { path, used: (await stat(path)).mtimeMs };
      }),
  );
  const old = builds
    .sort((one, other) => other.used - one.used)
    .slice(keep)
    .filter(({ used }) => Date.now() - used > dayInMilliseconds);
  await Promise.all(old.map(({ path }) => remove(path)));
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
