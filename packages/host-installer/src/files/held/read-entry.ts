import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { errnoOf, FileRefusal } from '../file-error.ts';
import type { HeldDirectory } from './hold-directory.ts';

/** More than any certificate or configuration has, in bytes. */
const mostBytes = 1024 * 1024;

/**
 * The bytes of a file in a held directory. Where others can write to the directory it must be a regular file with one name
 * and of moderate size: a symbolic or hard link could be another user's file, a FIFO keeps whoever opens it waiting, and both
 * can be swapped while it is read. What was opened is what is looked at and read.
 * @throws FileRefusal when it is something else; errno errors as they are
 */
export async function readEntry(entry: string, { isTrusted }: HeldDirectory): Promise<Buffer> {
  if (isTrusted) return await readFile(entry);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  await using file = await open(entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY).catch(
    (error: unknown) => {
      // ELOOP: a symbolic link; ENXIO: a socket.
      throw ['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '') ? refused('a regular file') : error;
    },
  );
  const status = await file.stat();
  // Of a directory the error of reading it says what it is.
  if (!status.isFile() && !status.isDirectory()) throw refused('a regular file');
  if (status.isFile() && status.nlink !== 1) throw refused('a file with one name alone (it has hard links)');
  if (status.size > mostBytes) throw refused('smaller than 1 MiB');
  return await file.readFile();
}

function refused(what: string): FileRefusal {
  return new FileRefusal(
    `it lies in a directory that another user can write to, and is not ${what}`,
    'remove it, and run the command again',
  );
}
