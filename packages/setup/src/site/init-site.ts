import { isDeepStrictEqual } from 'node:util';
import { NecoError, parseSiteConfiguration, sitePath, type SiteConfiguration } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { stringify } from 'yaml';
import { readSiteText } from '@neco/cluster-access';
import { writeSiteFile } from './write-site-file.ts';

/** What `neco site init` asks for; the rest of the site configuration has defaults. */
export interface SiteAnswers {
  cluster: string;
  lrn: number;
  addresses: { first: string; step?: number; exceptions?: Record<string, string> };
}

export interface InitSiteOptions {
  answers: SiteAnswers;
  path?: string;
  /** Whether a different site configuration that is there already may be replaced. */
  force: boolean;
}

/**
 * Writes the site configuration of this server, mode 0644. One that says the same is left as it is.
 * @throws NecoError CONFIG_INVALID when the answers are no valid configuration, CONFIG_EXISTS, FILE_FAILED
 */
export async function initSite(
  options: InitSiteOptions,
): Promise<{ changed: boolean; site: SiteConfiguration }> {
  const { answers, path = sitePath, force } = options;
  const text = siteText(answers);
  const site = parseSiteConfiguration(text, 'the answers');
  const there = await readSiteText(readOnlyHost(), path);
  if (there !== undefined && saysTheSame(there, site)) return { changed: false, site };
  if (there !== undefined && !force) {
    throw new NecoError('CONFIG_EXISTS', `${path} exists with other values; it was not changed`, {
      hint: 'to replace it, add --force; to see its values: neco site check',
    });
  }
  await writeSiteFile(path, text);
  return { changed: true, site };
}

function siteText(answers: SiteAnswers): string {
  return [
    '# The site configuration of this boot server, written by "neco site init". To check it: neco site check',
    '# The address of a server is first + LRN * step, or the address given for its LRN under exceptions.',
    stringify(answers),
  ].join('\n');
}

function saysTheSame(text: string, site: SiteConfiguration): boolean {
  try {
    return isDeepStrictEqual(parseSiteConfiguration(text), site);
  } catch {
    return false;
  }
}
