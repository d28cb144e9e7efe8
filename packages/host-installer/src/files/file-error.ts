import { NecoError } from '@neco/core';

const explanations: Readonly<Record<string, { what: string; hint?: string }>> = {
  EACCES: { what: 'permission denied', hint: 'run neco as root' },
  EPERM: { what: 'not permitted', hint: 'run neco as root; see with lsattr whether the file is immutable' },
  ENOSPC: { what: 'no space left on the disk', hint: 'make room on that disk and run the command again' },
  EDQUOT: { what: 'the disk quota is used up' },
  EROFS: { what: 'the file system is read-only', hint: 'see in dmesg why, and mount it for writing' },
  EISDIR: { what: 'it is a directory' },
  ENOTDIR: { what: 'a part of the path is not a directory' },
  ENOENT: { what: 'there is no such file or directory' },
  EBUSY: { what: 'it is in use, or something is mounted there' },
  EIO: { what: 'the disk gave an error', hint: 'see dmesg; the disk may be failing' },
};

/** The errno of a thrown value, such as ENOENT. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}

/** Why a file or directory is not worked with, in words that follow its path. */
export class FileRefusal extends Error {
  readonly hint: string;

  constructor(reason: string, hint: string) {
    super(reason);
    this.hint = hint;
  }
}

/** Runs file work and gives its failure as a NecoError FILE_FAILED that names the path and the reason. */
export async function inFile<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NecoError) throw error;
    if (error instanceof FileRefusal) {
      const { message, hint } = error;
      throw new NecoError('FILE_FAILED', `cannot ${action} ${path}: ${message}`, { hint, cause: error });
    }
    const errno = errnoOf(error);
    const known = explanations[errno ?? ''];
    const reason = known === undefined ? String(error) : `${known.what} (${errno ?? ''})`;
    throw new NecoError('FILE_FAILED', `cannot ${action} ${path}: ${reason}`, {
      cause: error,
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
    });
  }
}

/** Gives undefined where there is no such file. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
