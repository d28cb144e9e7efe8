import { NecoError } from '@neco/core';
import type { HostReader } from '@neco/host-installer';

/** The text of a site configuration; undefined when there is none. @throws NecoError CONFIG_UNREADABLE */
export async function readSiteText(host: HostReader, path: string): Promise<string | undefined> {
  try {
    return await host.readText(path);
  } catch (error) {
    if (!(error instanceof NecoError)) throw error;
    throw new NecoError('CONFIG_UNREADABLE', error.message, {
      hint: `make ${path} a regular file that root can read, mode 0644`,
      cause: error,
    });
  }
}
