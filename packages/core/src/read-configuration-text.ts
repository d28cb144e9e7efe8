import { readFile } from 'node:fs/promises';
import { messageOf, NecoError } from './neco-error.ts';

/**
 * The text of a file that a program needs to know what to do.
 *
 * @param missing - What to do when there is none, for the reader.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE
 */
export async function readConfigurationText(path: string, missing: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new NecoError('CONFIG_MISSING', `there is no ${path}`, { hint: missing, cause });
    }
    throw new NecoError('CONFIG_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: `make ${path} a regular file that this user can read`,
      cause,
    });
  }
}
