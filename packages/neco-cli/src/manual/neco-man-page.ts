import { necoVersion } from '@neco/core';
import { createCli } from '../create-cli.ts';
import { manPage } from './man-page.ts';

/** The manual page of this version of neco. @param date the date printed on the page. */
export function necoManPage(date: Date): string {
  return manPage(createCli().definitions(), { version: necoVersion(), date });
}
