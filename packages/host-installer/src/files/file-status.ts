import { lstat } from 'node:fs/promises';
import { accountName } from '../accounts.ts';
import type { FileStatus } from '../host-reader.ts';
import { inFile, unlessMissing } from './file-error.ts';
import { withEntry } from './held/with-entry.ts';

/** A file's status; a symbolic link is not followed. @throws NecoError FILE_FAILED */
export async function fileStatus(path: string): Promise<FileStatus | undefined> {
  return inFile('look at', path, () => unlessMissing(withEntry(path, entryStatus)));
}

/** The same of an entry of a directory that is held. */
export async function entryStatus(entry: string): Promise<FileStatus> {
  const status = await lstat(entry);
  return {
    mode: status.mode & 0o7777,
    owner: await accountName('passwd', status.uid),
    group: await accountName('group', status.gid),
    size: status.size,
    ctimeMs: status.ctimeMs,
    isDirectory: status.isDirectory(),
    isSymbolicLink: status.isSymbolicLink(),
  };
}
