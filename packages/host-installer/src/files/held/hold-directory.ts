import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errnoOf, FileRefusal } from '../file-error.ts';

/** A directory that stays the same one while it is held, whoever renames what leads to it. */
export interface HeldDirectory extends AsyncDisposable {
  /** A path that leads to this very directory; its entries are reached as `join(path, name)`. */
  readonly path: string;
  /** Whether nobody but root and this process can add, rename or replace entries in it. */
  readonly isTrusted: boolean;
}

/** As many symbolic links as the kernel follows in one path, see path_resolution(7). */
const mostLinks = 40;

/**
 * Holds a directory. Where only root can replace any part of the path, that is the path itself, with its symbolic links
 * resolved. From the first directory on that somebody else can write to, such as /etc/NAME of an application, each part is
 * opened with O_NOFOLLOW below the one before (Node has no openat: /proc/self/fd/N/NAME is the same), and a symbolic link is refused:
 * who can write there could have root read or change whatever it leads to.
 * @throws FileRefusal where a symbolic link is refused; errno errors such as ENOENT as they are
 */
export async function holdDirectory(path: string): Promise<HeldDirectory> {
  return await walk(resolve(path), 0);
}

async function walk(path: string, links: number): Promise<HeldDirectory> {
  const names = path.split('/').filter((name) => name !== '');
  let here = '/';
  let status = await lstat(here);
  for (const [index, name] of names.entries()) {
    const entry = join(here, name);
    const found = await lstat(entry);
    if (!isFixed(status, found)) return await descend(here, names.slice(index));
    if (found.isSymbolicLink()) {
      if (links === mostLinks) throw withErrno('ELOOP', `too many symbolic links: ${path}`);
      return await walk(resolve(here, await readlink(entry), ...names.slice(index + 1)), links + 1);
    }
    if (!found.isDirectory()) throw withErrno('ENOTDIR', `not a directory: ${entry}`);
    [here, status] = [entry, found];
  }
  return isOurs(status) ? trusted(here) : await descend(here, []);
}

/** @param here a directory whose path only root can lead elsewhere */
async function descend(here: string, names: readonly string[]): Promise<HeldDirectory> {
  let held = await opened(here);
  for (const name of names) {
    const next = await enterDirectory(held, name).finally(() => held[Symbol.asyncDispose]());
    held = next;
  }
  return held;
}

/** Holds a directory that lies in a held one, without following a symbolic link. @throws as `holdDirectory` */
export async function enterDirectory(parent: HeldDirectory, name: string): Promise<HeldDirectory> {
  const entry = join(parent.path, name);
  if (parent.isTrusted) {
    const status = await lstat(entry);
    if (status.isDirectory() && isOurs(status)) return trusted(entry);
  }
  return await opened(entry, parent);
}

function trusted(path: string): HeldDirectory {
  return { path, isTrusted: true, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Where a symbolic link is refused, which open(2) calls no directory, the reason says so. */
async function opened(path: string, parent?: HeldDirectory): Promise<HeldDirectory> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(async (error: unknown) => {
    const isNone = ['ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '');
    if (isNone && parent?.isTrusted === false && (await lstat(path)).isSymbolicLink()) throw refusedLink();
    throw error;
  });
  return {
    // The dot makes it a directory for open(2) with O_NOFOLLOW too, not the link that stands in /proc.
    path: `/proc/self/fd/${String(handle.fd)}/.`,
    isTrusted: false,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Whether nobody but root and this process can put anything in place of an entry of a directory. */
function isFixed(directory: Stats, entry: Stats): boolean {
  const isSticky = (directory.mode & 0o1000) !== 0;
  return isOurs(directory) || (isSticky && isOwn(directory) && isOwn(entry));
}

/** Whether nobody but root and this process can write to a directory. With an ACL the group's bits are the mask, see acl(5). */
function isOurs(directory: Stats): boolean {
  const byGroup = (directory.mode & 0o020) !== 0 && directory.gid !== 0;
  return isOwn(directory) && !byGroup && (directory.mode & 0o002) === 0;
}

function isOwn({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function refusedLink(): FileRefusal {
  return new FileRefusal(
    'a part of the path is a symbolic link in a directory that another user can write to',
    'put what it leads to in its place, or give that directory to root',
  );
}

function withErrno(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
