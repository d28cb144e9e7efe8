import { readFile } from 'node:fs/promises';
import { messageOf, NecoError, parseSiteConfiguration, sitePath, type SiteConfiguration } from '@neco/core';

/**
 * Reads a site configuration from disk.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function readSite(path: string = sitePath): Promise<SiteConfiguration> {
  return parseSiteConfiguration(await readSiteText(path), path);
}

/** The text of a site configuration. @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE */
export async function readSiteText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      throw new NecoError('CONFIG_MISSING', `there is no ${path}`, {
        hint: 'write it with: neco site init',
        cause: error,
      });
    }
    throw new NecoError('CONFIG_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`, {
      hint: `make ${path} a regular file that root can read, mode 0644`,
      cause: error,
    });
  }
}
