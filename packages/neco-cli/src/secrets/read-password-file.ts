import { open, type FileHandle } from 'node:fs/promises';
import { messageOf, NecoError, Secret } from '@neco/core';
import { checkPassword, typedFault } from './check-password.ts';

export interface PasswordFileOptions {
  /** The option that named the file, for messages. */
  option: string;
  /** Whether the password is new, and so must be long enough. */
  isNew: boolean;
}

/**
 * Reads a password from a file that only its owner can read. A newline at the end is not part of the password.
 * @throws NecoError CONFIG_UNREADABLE, SECRET_FILE_UNSAFE, PASSWORD_INVALID
 */
export async function readPasswordFile(
  path: string,
  { option, isNew }: PasswordFileOptions = { option: '--admin-password-file', isNew: true },
): Promise<Secret> {
  const file = await opened(path, option);
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new NecoError(
        'SECRET_FILE_UNSAFE',
        `other users can read ${path} (mode 0${(mode & 0o777).toString(8)})`,
        {
          hint: `change the password, then run: chmod 600 ${path}`,
        },
      );
    }
    const password = textOf(await file.readFile(), path).replace(/\r?\n$/, '');
    const fault = typedFault(password);
    if (isNew) checkPassword(password, path);
    else if (fault !== undefined) {
      throw new NecoError('PASSWORD_INVALID', `${path}: ${fault}`, {
        hint: `write the password to ${path}, or omit ${option} to enter it at a prompt`,
      });
    }
    return new Secret(password);
  } finally {
    await file.close();
  }
}

/** Other bytes would become another password than the one in the file. */
function textOf(content: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    throw new NecoError('PASSWORD_INVALID', `${path}: the password is not UTF-8 text`, {
      hint: 'write it as UTF-8',
      cause: error,
    });
  }
}

async function opened(path: string, option: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new NecoError('CONFIG_UNREADABLE', `cannot read the password file ${path}: ${messageOf(error)}`, {
      hint: `write the password to a file that only root can read, and pass it with ${option}`,
      cause: error,
    });
  }
}
