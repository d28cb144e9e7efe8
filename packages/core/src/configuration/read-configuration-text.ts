import { readFile } from 'node:fs/promises';
import { messageOf, NecoError } from '../errors/neco-error.ts';

/**
 * Reads the text of a configuration file.
 *
 * @param missing - The hint if the file does not exist.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE
 */
export async function readConfigurationText(path: string, missing: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new NecoError('CONFIG_MISSING', `${path} does not exist`, { hint: missing, cause });
    }
    throw new NecoError('CONFIG_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: `make ${path} a regular file that this user can read`,
      cause,
    });
  }
}
