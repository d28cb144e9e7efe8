import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { NecoError, type Secret } from '@neco/core';
import { parseSetupSecret } from './setup-secret.ts';

const largest = 4096;

/**
 * Reads the setup secret from a file that nobody but its owner can read.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, SECRET_FILE_UNSAFE, SECRET_INVALID
 */
export async function readSetupSecretFile(path: string): Promise<Secret> {
  const file = await openFile(path);
  try {
    await refuseUnsafe(file, path);
    const buffer = Buffer.alloc(largest);
    const { bytesRead } = await file.read(buffer, 0, largest, 0);
    return parseSetupSecret(buffer.toString('utf8', 0, bytesRead));
  } catch (error) {
    if (error instanceof NecoError && error.code === 'SECRET_INVALID') {
      throw new NecoError(
        error.code,
        `${path}: ${error.message}`,
        error.hint === undefined ? {} : { hint: error.hint },
      );
    }
    throw error;
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Non-blocking, or a named pipe would hold us here.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new NecoError(
      missing ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE',
      `the setup secret file ${path} ${missing ? 'does not exist' : 'cannot be opened'}`,
      {
        hint: `write the secret to it: touch ${path} && chmod 600 ${path} && neco setup-secret > ${path}`,
        cause,
      },
    );
  }
}

/** Looks at the file that is open, not at its path, so that nobody can change one for another in between. */
async function refuseUnsafe(file: FileHandle, path: string): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile()) {
    throw new NecoError('SECRET_FILE_UNSAFE', `${path} is not a regular file`, {
      hint: `use a regular file that contains only the secret, with mode 600: chmod 600 FILE`,
    });
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new NecoError(
      'SECRET_FILE_UNSAFE',
      `other users can read the setup secret in ${path} (mode ${mode})`,
      {
        hint: `run "chmod 600 ${path}"; if setup has not started, also generate a new secret, because others may have read this one`,
      },
    );
  }
}
