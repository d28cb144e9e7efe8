import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  symlink,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { FileRefusal } from '../file-error.ts';
import { enterDirectory, type HeldDirectory } from '../held/hold-directory.ts';
import { syncPaths } from '../sync-paths.ts';

/** An entry of a held directory. */
interface Entry {
  directory: HeldDirectory;
  name: string;
}

/**
 * Copies a file, a symbolic link, or a directory with all that lies in it, with mode, owner and times, and syncs it. Not by
 * `copy` of fs-extra, which goes by paths: who owns what is copied could have root copy another user's file, and own the copy.
 * @param except a name at the top of the directory that is left out
 * @throws FileRefusal where there is something else, such as a socket
 */
export async function copyTree(from: Entry, to: Entry, { except }: { except?: string } = {}): Promise<void> {
  const [source, target] = [pathOf(from), pathOf(to)];
  const status = await lstat(source);
  if (status.isDirectory()) await copyDirectory(from, to, except);
  else if (status.isSymbolicLink()) {
    await symlink(await readlink(source), target);
    await lchown(target, status.uid, status.gid);
  } else await copyContent(source, target);
}

async function copyDirectory(from: Entry, to: Entry, except: string | undefined): Promise<void> {
  await mkdir(pathOf(to), { mode: 0o700 });
  await using source = await enterDirectory(from.directory, from.name);
  await using target = await enterDirectory(to.directory, to.name);
  for (const name of await readdir(source.path)) {
    if (name !== except) await copyTree({ directory: source, name }, { directory: target, name });
  }
  await takeOver(target.path, await lstat(source.path));
  await syncPaths([target.path]);
}

/** Content, owner and mode are those of the one file that was opened. */
async function copyContent(source: string, target: string): Promise<void> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, COPYFILE_EXCL } = constants;
  await using file = await open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const status = await file.stat();
  if (!status.isFile())
    throw new FileRefusal(`there is something in it that is no file`, 'remove it: a socket, FIFO or device');
  await copyFile(`/proc/self/fd/${String(file.fd)}`, target, COPYFILE_EXCL);
  await takeOver(target, status);
  await syncPaths([target]);
}

async function takeOver(
  target: string,
  { uid, gid, mode, atime, mtime }: { uid: number; gid: number; mode: number; atime: Date; mtime: Date },
): Promise<void> {
  await lchown(target, uid, gid);
  await chmod(target, mode & 0o7777);
  await utimes(target, atime, mtime);
}

function pathOf({ directory, name }: Entry): string {
  return join(directory.path, name);
}
