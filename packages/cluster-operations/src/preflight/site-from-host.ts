import { NecoError, parseSiteConfiguration, sitePath, type SiteConfiguration } from '@neco/core';
import type { HostReader } from '@neco/host-installer';

/**
 * The site configuration of this server.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function siteFromHost(host: HostReader, path: string = sitePath): Promise<SiteConfiguration> {
  const text = await host.readText(path).catch((error: unknown) => {
    throw unreadable(error, path);
  });
  if (text === undefined) {
    throw new NecoError('CONFIG_MISSING', `there is no ${path}`, { hint: 'write it with: neco site init' });
  }
  return parseSiteConfiguration(text, path);
}

function unreadable(error: unknown, path: string): unknown {
  if (!(error instanceof NecoError)) return error;
  return new NecoError('CONFIG_UNREADABLE', error.message, {
    hint: `make ${path} a regular file that root can read, mode 0644`,
    cause: error,
  });
}
