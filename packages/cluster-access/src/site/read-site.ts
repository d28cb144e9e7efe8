import { NecoError, parseSiteConfiguration, sitePath, type SiteConfiguration } from '@neco/core';
import { readOnlyHost, type HostReader } from '@neco/host-installer';
import { readSiteText } from './read-site-text.ts';

/**
 * The site configuration of this server.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function readSite(
  path: string = sitePath,
  host: HostReader = readOnlyHost(),
): Promise<SiteConfiguration> {
  const text = await readSiteText(host, path);
  if (text !== undefined) return parseSiteConfiguration(text, path);
  throw new NecoError('CONFIG_MISSING', `${path} does not exist`, { hint: 'write it with: neco site init' });
}
